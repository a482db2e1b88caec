/** What workers cannot be used with. */
import type { Rule } from './rules.js'

export const WORKER_RULES: readonly Rule[] = [
  {
    keys: ['server.workers', 'store.redis'],
    broken: ({ config: { server, store } }) =>
      isMany(server.workers) && store.redis !== undefined
        ? `${server.workers} processes share what is in store.dir, and with store.redis nothing is there: set it to 1, and start another replica for each core`
        : undefined,
  },
  {
    keys: ['server.workers', 'cache.profile'],
    broken: ({ config: { server, cache } }) =>
      isMany(server.workers) && cache.profile === 'http'
        ? `${server.workers} processes share what is stored on disk, and the profile http stores in memory only: set it to 1`
        : undefined,
  },
  {
    keys: ['server.workers', 'server.maxConnections'],
    broken: ({ config: { server } }) =>
      isMany(server.workers) && server.workers > server.maxConnections
        ? `${server.workers} is more than server.maxConnections, ${server.maxConnections}: some of them could take none`
        : undefined,
  },
]

/** `auto` is 1 where more cannot be used. */
const isMany = (workers: number | 'auto'): workers is number => workers !== 'auto' && workers > 1
