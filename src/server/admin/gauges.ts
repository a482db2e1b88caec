/** What is read when somebody asks for /-/metrics. Accounts and consumers are those in the configuration. */

import { Gauge } from 'prom-client'
import { HEALTH_CODES } from '../../report/health.js'
import { accountScope, PRIORITIES, WINDOW_SCOPE } from '../../limits/index.js'
import type { Ledger } from '../../limits/index.js'
import type { Metrics } from '../../observability/metrics.js'
import type { RuntimeConfig } from '../runtime-config.js'
import type { StatusPorts } from './build-status.js'

export interface GaugePorts extends Omit<StatusPorts, 'runtime' | 'ledger'> {
  readonly runtime: Pick<RuntimeConfig, 'config' | 'clients'>
  readonly ledger: Pick<Ledger, 'usage' | 'problem'>
  readonly metrics: Metrics
  /** Idempotency keys that are remembered. */
  readonly keys: () => number
}

/** Makes the gauges, and returns what brings them up to date. */
export function createGauges(ports: GaugePorts): () => void {
  const registers = [ports.metrics.registry]
  const gauge = <const Label extends string = never>(
    name: string,
    help: string,
    labelNames: readonly Label[] = [],
  ): Gauge<Label> =>
    new Gauge({ name: `intervals_proxy_${name}`, help, labelNames: [...labelNames], registers })

  const build = gauge('build_info', 'Always 1; what is running is in the labels.', [
    'version',
    'node',
    'profile',
    'store',
  ])
  const window = {
    held: gauge('window_held', 'Slots of the rolling window that are taken.'),
    inFlight: gauge('window_in_flight', 'Those of them whose call has not been answered yet.'),
    max: gauge('window_max', 'Slots of the rolling window that may be used just now.'),
    configured: gauge('window_configured_max', 'The same as configured, before it was lowered.'),
  }
  const day = {
    used: gauge('day_used', 'Calls of this UTC day, by account.', ['account']),
    max: gauge('day_max', 'Calls allowed in this UTC day, by account.', ['account']),
    left: gauge('day_left', 'Calls that this UTC day has left, by account.', ['account']),
    reserve: gauge('day_reserve', 'Of those left, kept for programs that go past the proxy.', [
      'account',
    ]),
    lasts: gauge(
      'day_lasts_seconds',
      'Until the day is spent at the present rate; +Inf: it lasts.',
      ['account'],
    ),
  }
  const paused = gauge('paused', '1 while nothing of this scope goes out.', ['scope'])
  const available = gauge('ledger_available', '0 while nothing can go out: disk or Redis.')
  const queue = {
    waiting: gauge('queue_waiting', 'Requests in the queue, by class.', ['priority']),
    max: gauge('queue_max', 'Requests that may wait.'),
    oldest: gauge('queue_oldest_seconds', 'How long the oldest of them has waited.'),
  }
  const cache = {
    bytes: gauge('cache_bytes', 'Bytes of stored answers in memory.'),
    max: gauge('cache_max_bytes', 'Bytes that they may have.'),
    entries: gauge('cache_entries', 'Stored answers in memory.'),
    flights: gauge('cache_flights', 'Calls that are out, or wait, for whoever asks for the same.'),
  }
  const health = gauge(
    'health',
    '1 while this keeps the proxy from its work; see health in /-/status.',
    ['code'],
  )
  const price = gauge(
    'freshness_price_seconds',
    'Seconds of expected staleness that justify one call, by account; absent in mode fixed.',
    ['account'],
  )
  const stretched = gauge(
    'freshness_stretched',
    '1 while entries are kept past their ttl so that the day lasts, by account.',
    ['account'],
  )
  const keys = gauge('idempotency_keys', 'Idempotency keys that are remembered.')
  const bodies = {
    bytes: gauge('body_memory_bytes', 'Bytes of request bodies that are in memory.'),
    max: gauge('body_memory_max_bytes', 'Bytes that they may have: server.bodyMemory.'),
  }

  const { config } = ports.runtime
  const { profile } = config.cache
  const store = config.store.redis === undefined ? 'embedded' : 'redis'
  build.set({ version: ports.version, node: process.version, profile, store }, 1)

  function refreshBudgets(): void {
    const { ledger, budgets, runtime } = ports
    const usage = ledger.usage()
    window.held.set(usage.window.held)
    window.inFlight.set(usage.window.inFlight)
    window.max.set(usage.window.ceiling)
    window.configured.set(usage.window.max)
    const nowMs = ports.clock.wallMs()
    for (const one of usage.days) {
      const { account, used, max, reserve } = one
      const paced = ports.freshness.report(account, nowMs)
      if (paced !== undefined) {
        price.set({ account }, paced.priceSeconds)
        stretched.set({ account }, paced.shortSinceMs === undefined ? 0 : 1)
      }
      const { lastsUntil } = budgets.day(one)
      day.used.set({ account }, used)
      day.max.set({ account }, max)
      day.left.set({ account }, Math.max(0, max - used))
      day.reserve.set({ account }, reserve)
      const leftMs = lastsUntil === null ? Infinity : Date.parse(lastsUntil) - nowMs
      day.lasts.set({ account }, Math.max(0, Math.round(leftMs / 1_000)))
    }
    // All of them each time: one that is over must not stay.
    for (const scope of [WINDOW_SCOPE, ...runtime.clients.accounts.map(accountScope)]) {
      paused.set({ scope }, usage.pauses.some((pause) => pause.scope === scope) ? 1 : 0)
    }
    available.set(ledger.problem?.() === undefined ? 1 : 0)
  }

  return () => {
    refreshBudgets()
    const { reasons } = ports.health.now()
    for (const code of HEALTH_CODES) {
      health.set({ code }, reasons.some((reason) => reason.code === code) ? 1 : 0)
    }
    const { waiting, oldestWaitMs } = ports.queue.usage()
    for (const priority of PRIORITIES) queue.waiting.set({ priority }, waiting[priority])
    queue.max.set(config.limits.queue.maxLength)
    queue.oldest.set(oldestWaitMs / 1_000)
    const { entries, bytes, flights, bodyBytes } = ports.pipeline.usage()
    cache.bytes.set(bytes)
    cache.max.set(config.cache.maxSize)
    cache.entries.set(entries)
    cache.flights.set(flights)
    keys.set(ports.keys())
    bodies.bytes.set(bodyBytes)
    bodies.max.set(config.server.bodyMemory)
  }
}
