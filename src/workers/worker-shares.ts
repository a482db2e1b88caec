/** The number of workers, and each one's part of the limits on memory and connections. */

import { availableParallelism } from 'node:os'
import type { Config } from '../config/schema.js'

/** 1: one process does everything. `auto` is as many as there are cores, where workers are possible. */
export function workerCount({ server, store, cache }: Config): number {
  if (server.workers !== 'auto') return server.workers
  const isPossible = store.redis === undefined && cache.profile === 'intervals'
  return isPossible ? Math.min(availableParallelism(), server.maxConnections) : 1
}

/** Memory for entries; the primary has a part as well. */
export const bytesOf = (bytes: number, workers: number): number =>
  Math.max(1, Math.floor(bytes / (workers + 1)))

/** Connections: the parts add up to the setting, and none is 0. */
export const connectionsOf = (
  connections: number,
  { seat, count }: { readonly seat: number; readonly count: number },
): number => Math.floor(connections / count) + (seat < connections % count ? 1 : 0)
