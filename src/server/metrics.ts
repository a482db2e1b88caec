/** Prometheus metrics. Label values come from closed lists of ours, never from a request. */

import { Counter, Gauge, Histogram, Registry } from 'prom-client'

export type Metrics = ReturnType<typeof createMetrics>

export function createMetrics() {
  const registry = new Registry()
  const registers = [registry]
  return {
    registry,
    requests: new Counter({
      name: 'intervals_proxy_requests_total',
      help: 'Requests answered, by outcome.',
      labelNames: ['outcome'] as const,
      registers,
    }),
    refusals: new Counter({
      name: 'intervals_proxy_refusals_total',
      help: 'Requests that the proxy refused itself, by reason.',
      labelNames: ['reason'] as const,
      registers,
    }),
    connectionsCut: new Counter({
      name: 'intervals_proxy_connections_cut_total',
      help: 'Connections that the proxy ended or did not take, by cause.',
      labelNames: ['cause'] as const,
      registers,
    }),
    upstreamCalls: new Counter({
      name: 'intervals_proxy_upstream_calls_total',
      help: 'Calls that the upstream answered, by class of status.',
      labelNames: ['status_class'] as const,
      registers,
    }),
    upstreamRefusals: new Counter({
      name: 'intervals_proxy_upstream_refusals_total',
      help: 'Answers by which the upstream refused, by reason.',
      labelNames: ['reason'] as const,
      registers,
    }),
    savedCalls: new Counter({
      name: 'intervals_proxy_saved_calls_total',
      help: 'Calls that were not needed, by cause.',
      labelNames: ['cause'] as const,
      registers,
    }),
    idempotentRequests: new Counter({
      name: 'intervals_proxy_idempotent_requests_total',
      help: 'Requests with an Idempotency-Key, by what was known of the key.',
      labelNames: ['claim'] as const,
      registers,
    }),
    idempotencyKeys: new Gauge({
      name: 'intervals_proxy_idempotency_keys',
      help: 'Idempotency keys that are remembered.',
      registers,
    }),
    upstreamSeconds: new Histogram({
      name: 'intervals_proxy_upstream_seconds',
      help: 'From the first byte sent to the response headers.',
      buckets: [0.01, 0.05, 0.1, 0.3, 1, 3, 10, 30],
      registers,
    }),
    queueSeconds: new Histogram({
      name: 'intervals_proxy_queue_seconds',
      help: 'Wait for leave to send, by class.',
      labelNames: ['priority'] as const,
      buckets: [0.001, 0.01, 0.1, 1, 3, 10, 30, 60],
      registers,
    }),
    windowHeld: new Gauge({
      name: 'intervals_proxy_window_held',
      help: 'Slots of the rolling window that are taken.',
      registers,
    }),
    windowMax: new Gauge({
      name: 'intervals_proxy_window_max',
      help: 'Slots of the rolling window that may be used.',
      registers,
    }),
    dayUsed: new Gauge({
      name: 'intervals_proxy_day_used',
      help: 'Requests of this UTC day, by account.',
      labelNames: ['account'] as const,
      registers,
    }),
    dayMax: new Gauge({
      name: 'intervals_proxy_day_max',
      help: 'Requests allowed in this UTC day, by account.',
      labelNames: ['account'] as const,
      registers,
    }),
    queueWaiting: new Gauge({
      name: 'intervals_proxy_queue_waiting',
      help: 'Requests in the queue, by class.',
      labelNames: ['priority'] as const,
      registers,
    }),
    cacheBytes: new Gauge({
      name: 'intervals_proxy_cache_bytes',
      help: 'Bytes of stored answers.',
      registers,
    }),
    cacheEntries: new Gauge({
      name: 'intervals_proxy_cache_entries',
      help: 'Stored answers.',
      registers,
    }),
  }
}
