/**
 * The parts of a running proxy that another process of it, or its process, would reach. Tests use
 * what users see; this is the only file below test/ that knows where the rest is.
 */
import type { FastifyInstance } from 'fastify'
import type { LoadResult } from '../../src/config/load.js'
import { reload, type Reloaded } from '../../src/server/reload/reload.js'

export function insideOf({ runtime, log }: FastifyInstance) {
  return {
    /** What SIGHUP does. */
    reloadFrom: (load: () => LoadResult, refresh?: () => readonly string[]): Reloaded =>
      reload({ runtime, load, log, ...(refresh !== undefined && { refresh }) }, 'test'),
  }
}
