/** How many workers a configuration asks for, and each one's part of what it may use. */

import { availableParallelism } from 'node:os'
import type { Config } from '../config/schema.js'

/** 1: one process does everything. `auto` is as many as there are cores, where workers are possible. */
export function workerCount({ server, store, cache }: Config): number {
  if (server.workers !== 'auto') return server.workers
  const isPossible = store.redis === undefined && cache.profile === 'intervals'
  return isPossible ? Math.min(availableParallelism(), server.maxConnections) : 1
}

/** Memory for answers: the primary keeps a part as well. */
export const bytesOf = (bytes: number, workers: number): number =>
  Math.max(1, Math.floor(bytes / (workers + 1)))

/** Connections: all parts together are what was set, and nobody's is 0. */
export const connectionsOf = (
  connections: number,
  { seat, count }: { readonly seat: number; readonly count: number },
): number => Math.floor(connections / count) + (seat < connections % count ? 1 : 0)
