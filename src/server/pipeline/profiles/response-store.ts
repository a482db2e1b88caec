/** Stored answers: in memory, and behind that on disk or on Redis if there is one. */

import type { FastifyBaseLogger } from 'fastify'
import { createMemoryStore, createTieredStore } from '../../../cache/index.js'
import type { ResponseStore, StoreUsage } from '../../../cache/index.js'
import type { Config } from '../../../config/schema.js'
import type { AppDeps } from '../../app-deps.js'

/** Bytes on their way to the disk; past it answers stay in memory only. */
const MAX_PENDING_BYTES = 64 * 1024 * 1024

export function createResponseStore(
  config: Config,
  { disk, shared, workers }: Pick<AppDeps, 'disk' | 'shared' | 'workers'>,
  { log, onEvict }: { readonly log: FastifyBaseLogger; readonly onEvict: () => void },
): {
  readonly store: ResponseStore
  /** What of it is this process' alone. */
  readonly memory: ResponseStore
} {
  const { maxSize, maxEntrySize } = config.cache
  const maxBytes = workers === undefined ? maxSize : workers.shareOf(maxSize)
  const memory = createMemoryStore({ maxBytes, maxEntryBytes: maxEntrySize, onEvict })
  const behind = shared?.store ?? disk?.store
  if (behind === undefined) return { memory, store: memory }
  const where = shared === undefined ? 'the disk' : 'Redis'
  const store = createTieredStore({
    memory,
    disk: behind,
    maxPendingBytes: MAX_PENDING_BYTES,
    onError: (error) =>
      log.error({ err: error }, `an answer could not be read from or written to ${where}`),
    isDiskShared: workers !== undefined,
  })
  if (workers === undefined) return { memory, store }
  const usage = (): StoreUsage => {
    const [own, theirs] = [store.usage(), workers.usage()]
    return { entries: own.entries + theirs.entries, bytes: own.bytes + theirs.bytes }
  }
  return { memory, store: { ...store, usage } }
}
