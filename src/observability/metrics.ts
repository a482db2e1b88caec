/**
 * The counters for Prometheus; admin/gauges.ts has the values that are read when they are scraped. Label
 * values come from closed lists or from the configuration, never from a request. Values of closed lists
 * exist from the start, so that a rate sees the first event.
 */

import { Counter, Histogram, Registry } from 'prom-client'
import type { CounterConfiguration } from 'prom-client'
import { OUTCOMES } from '../cache/index.js'
import { PAUSE_REASONS, PRIORITIES, REFUSALS } from '../limits/index.js'
import { detailOf, PROBLEMS } from '../server/errors/problems.js'
import type { ProblemCode } from '../server/errors/problems.js'
import { SAVED_CAUSES } from './request-record.js'

export type Metrics = ReturnType<typeof createMetrics>

export const PROBLEM_CODES = Object.keys(PROBLEMS) as readonly ProblemCode[]
/** How an upstream call can end without a response. */
export const UPSTREAM_FAILURES = PROBLEM_CODES.filter((code) => code.startsWith('UPSTREAM_'))

export function createMetrics() {
  const registry = new Registry()
  const registers = [registry]
  const metrics = {
    registry,
    requests: createSumCounter({
      name: 'intervals_proxy_requests_total',
      help: 'Requests for Intervals that have ended, by outcome.',
      label: 'outcome',
      registers,
    }),
    savedCalls: createSumCounter({
      name: 'intervals_proxy_saved_calls_total',
      help: 'Calls that were not needed, by cause; a request saves one at most.',
      label: 'cause',
      registers,
    }),
    errors: new Counter({
      name: 'intervals_proxy_errors_total',
      help: 'Errors that the proxy itself answered with, by cause.',
      labelNames: ['cause'] as const,
      registers,
    }),
    refusals: new Counter({
      name: 'intervals_proxy_refusals_total',
      help: 'What the proxy did not let out or in, by reason; refreshes behind stale answers included.',
      labelNames: ['reason'] as const,
      registers,
    }),
    queueSeconds: new Histogram({
      name: 'intervals_proxy_queue_seconds',
      help: 'Wait for leave to send, of those that got it, by class.',
      labelNames: ['priority'] as const,
      buckets: [0.001, 0.01, 0.1, 1, 3, 10, 30, 60],
      registers,
    }),
    upstreamCalls: new Counter({
      name: 'intervals_proxy_upstream_calls_total',
      help: 'Calls sent to the upstream, by resource and class of status; none: no answer came.',
      labelNames: ['resource', 'status_class'] as const,
      registers,
    }),
    consumerCalls: new Counter({
      name: 'intervals_proxy_consumer_calls_total',
      help: 'Calls sent to the upstream, by account and by consumer of the configuration.',
      labelNames: ['account', 'consumer'] as const,
      registers,
    }),
    upstreamSeconds: new Histogram({
      name: 'intervals_proxy_upstream_seconds',
      help: 'From the first byte sent to the response headers.',
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    }),
    upstreamFailures: new Counter({
      name: 'intervals_proxy_upstream_failures_total',
      help: 'Calls that ended without a whole answer, by cause.',
      labelNames: ['cause'] as const,
      registers,
    }),
    upstreamRefusals: new Counter({
      name: 'intervals_proxy_upstream_refusals_total',
      help: 'Answers by which the upstream refused everything, by reason.',
      labelNames: ['reason'] as const,
      registers,
    }),
    cacheEvictions: new Counter({
      name: 'intervals_proxy_cache_evictions_total',
      help: 'Answers dropped from memory to make room for others.',
      registers,
    }),
    idempotentRequests: new Counter({
      name: 'intervals_proxy_idempotent_requests_total',
      help: 'Requests with an Idempotency-Key, by what was known of the key.',
      labelNames: ['claim'] as const,
      registers,
    }),
    logLinesDropped: new Counter({
      name: 'intervals_proxy_log_lines_dropped_total',
      help: 'Log lines that were dropped because nothing read them, or their disk was full.',
      registers,
    }),
    connectionsCut: new Counter({
      name: 'intervals_proxy_connections_cut_total',
      help: 'Connections that the proxy ended or did not take, by cause.',
      labelNames: ['cause'] as const,
      registers,
    }),
  }
  for (const outcome of Object.keys(OUTCOMES)) metrics.requests.inc({ outcome }, 0)
  for (const cause of SAVED_CAUSES) metrics.savedCalls.inc({ cause }, 0)
  for (const code of PROBLEM_CODES) metrics.errors.inc({ cause: detailOf(code) }, 0)
  for (const reason of REFUSALS) metrics.refusals.inc({ reason }, 0)
  for (const reason of PAUSE_REASONS) {
    if (reason !== 'by-hand') metrics.upstreamRefusals.inc({ reason }, 0)
  }
  for (const code of UPSTREAM_FAILURES) metrics.upstreamFailures.inc({ cause: detailOf(code) }, 0)
  for (const priority of PRIORITIES) metrics.queueSeconds.zero({ priority })
  for (const cause of CUT_CAUSES) metrics.connectionsCut.inc({ cause }, 0)
  return metrics
}

/** Why a connection is ended or not taken; see connections/. */
const CUT_CAUSES = ['full', 'peer', 'slow-reader', 'pipelining'] as const

/**
 * A counter with one label that prom-client gets the sums of when they are read: finding the place of a
 * label costs more than counting, and requests are counted more often than metrics are read.
 */
interface SumCounter<L extends string> extends Counter<L> {
  add(value: string): void
}

function createSumCounter<L extends string>({
  label,
  ...options
}: Pick<CounterConfiguration<L>, 'name' | 'help' | 'registers'> & {
  readonly label: L
}): SumCounter<L> {
  const sums = new Map<string, number>()
  const counter = new Counter<string>({
    ...options,
    labelNames: [label],
    collect() {
      for (const [value, sum] of sums) this.inc({ [label]: value }, sum)
      sums.clear()
    },
  })
  return Object.assign(counter, {
    add: (value: string) => void sums.set(value, (sums.get(value) ?? 0) + 1),
  })
}
