/** The end of every request: its log line, its counters, and its place in the buffer of the dashboard. */

import type { FastifyBaseLogger } from 'fastify'
import type { Metrics } from './metrics.js'
import { RequestBuffer } from './request-buffer.js'
import type { FinishedRequests } from './request-buffer.js'
import { fieldsOf, savedBy, wayOf } from './request-record.js'
import type { AnswerSummary, RequestSummary, UnknownRequest } from './request-record.js'
import type { Way, WayCounts } from '../report/traffic.js'

export interface RequestRecorder {
  record(request: RequestSummary, answer: AnswerSummary): void
  /** Refused before it was known whose it is: logged and counted, not shown on the dashboard. */
  recordUnknown(request: UnknownRequest, answer: AnswerSummary): void
  /** A call was charged to a day (1), or given back unsent (-1). */
  recordCall(change: number): void
  /** What another process has recorded. */
  merge(finished: FinishedRequests): void
  /** Everything since the call before. */
  take(): FinishedRequests
  /** When a request of this client last ended, epoch milliseconds; undefined: none since the start. */
  lastUseMs(client: string): number | undefined
  /** Since midnight UTC. */
  today(): Today
  /** Adds what an earlier process counted since midnight. */
  restoreToday(counts: Omit<Today, 'sinceMs'>): void
}

export interface Today {
  /** Epoch milliseconds. */
  readonly sinceMs: number
  readonly ways: WayCounts
  readonly calls: number
}

export interface RequestRecorderOptions {
  readonly log: FastifyBaseLogger
  readonly metrics: Pick<Metrics, 'requests' | 'savedCalls'>
  readonly wallMs: () => number
  /** Called for each request of a known client that has ended. Must not throw. */
  readonly onRecord?: (request: RequestSummary, answer: AnswerSummary) => void
}

const DAY_MS = 86_400_000
/** Clients whose last use is known; those in the configuration are fewer. */
const MAX_CLIENTS = 5_000

export function createRequestRecorder(options: RequestRecorderOptions): RequestRecorder {
  const { log, metrics, wallMs } = options
  const buffer = new RequestBuffer()
  // Looking for secrets is most of what a line costs, and a line of known fields holds none.
  const lines = log.child({}, { redact: [] })
  const lastUses = new Map<string, number>()
  let sinceMs = 0
  let ways: Partial<Record<Way, number>> = {}
  let calls = 0
  let untakenCalls = 0

  function write(request: UnknownRequest, answer: AnswerSummary): void {
    metrics.requests.add(answer.outcome)
    // A reload may have changed it.
    if (lines.level !== log.level) lines.level = log.level
    lines.info(fieldsOf(request, answer), 'request')
  }

  function used(client: string, atMs: number): void {
    if (lastUses.size >= MAX_CLIENTS && !lastUses.has(client)) lastUses.clear()
    lastUses.set(client, atMs)
  }

  function count(way: Way, by: number): void {
    ways[way] = (ways[way] ?? 0) + by
  }

  function beginDay(nowMs: number): void {
    if (nowMs >= sinceMs && nowMs < sinceMs + DAY_MS) return
    sinceMs = Math.floor(nowMs / DAY_MS) * DAY_MS
    ways = {}
    calls = 0
  }

  return {
    record(request, answer) {
      write(request, answer)
      const cause = savedBy(answer)
      if (cause !== undefined) metrics.savedCalls.add(cause)
      const endedAtMs = wallMs()
      const way = wayOf(answer)
      used(request.requester.client, endedAtMs)
      beginDay(endedAtMs)
      ways[way] = (ways[way] ?? 0) + 1
      options.onRecord?.(request, answer)
      buffer.add({ request, answer, way, endedAtMs })
    },
    recordUnknown: write,
    recordCall(change) {
      beginDay(wallMs())
      calls = Math.max(0, calls + change)
      untakenCalls += change
    },
    merge(finished) {
      beginDay(wallMs())
      for (const group of finished.groups) {
        count(group.way, group.count)
        used(group.client, wallMs())
      }
      buffer.merge(finished)
    },
    take() {
      const taken = { ...buffer.take(), calls: untakenCalls }
      untakenCalls = 0
      return taken
    },
    lastUseMs: (client) => lastUses.get(client),
    today() {
      beginDay(wallMs())
      return { sinceMs, ways, calls }
    },
    restoreToday(earlier) {
      beginDay(wallMs())
      for (const [way, by] of Object.entries(earlier.ways)) count(way as Way, by)
      calls += earlier.calls
    },
  }
}
