/**
 * What Node says about this process: delay of the event loop, memory, garbage collection, CPU. Once for
 * the process, from the first time that somebody asks: it has observers that are never taken away.
 */

import { collectDefaultMetrics, Registry } from 'prom-client'

/** Counts of handles and the like: gauges whose names end as only a counter's may. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
]

let registry: Registry | undefined

export function processMetrics(): Promise<string> {
  if (registry === undefined) {
    registry = new Registry()
    collectDefaultMetrics({ register: registry })
    for (const name of MISNAMED) registry.removeSingleMetric(name)
  }
  return registry.metrics()
}
