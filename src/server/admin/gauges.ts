import { PRIORITIES } from '../../limits/index.js'
import type { Services } from '../services.js'

/** Gauges are read when they are asked for. */
export function refreshGauges({
  ledger,
  queue,
  store,
  httpStore,
  keyBook,
  metrics,
}: Services): void {
  const { window, days } = ledger.usage()
  metrics.windowHeld.set(window.held)
  metrics.windowMax.set(window.ceiling)
  for (const { account, used, max } of days) {
    metrics.dayUsed.set({ account }, used)
    metrics.dayMax.set({ account }, max)
  }
  const { waiting } = queue.usage()
  for (const priority of PRIORITIES) metrics.queueWaiting.set({ priority }, waiting[priority])
  const { entries, bytes } = (httpStore ?? store).usage()
  metrics.cacheEntries.set(entries)
  metrics.cacheBytes.set(bytes)
  metrics.idempotencyKeys.set(keyBook.usage().records)
}
