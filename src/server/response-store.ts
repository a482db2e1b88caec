/** Stored answers: in memory, and behind that on disk if there is one. */

import type { FastifyBaseLogger } from 'fastify'
import { createMemoryStore, createTieredStore } from '../cache/index.js'
import type { ResponseStore } from '../cache/index.js'
import type { Config } from './config/schema.js'
import type { AppDeps } from './services.js'

/** Bytes on their way to the disk; past it answers stay in memory only. */
const MAX_PENDING_BYTES = 64 * 1024 * 1024

export function createResponseStore(
  config: Config,
  { disk }: Pick<AppDeps, 'disk'>,
  log: FastifyBaseLogger,
): ResponseStore {
  const { maxSize, maxEntrySize } = config.cache
  const memory = createMemoryStore({ maxBytes: maxSize, maxEntryBytes: maxEntrySize })
  if (disk === undefined) return memory
  return createTieredStore({
    memory,
    disk: disk.store,
    maxPendingBytes: MAX_PENDING_BYTES,
    onError: (error) => log.error({ err: error }, 'an answer could not be written to the disk'),
  })
}
