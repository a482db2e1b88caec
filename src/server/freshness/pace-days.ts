/** Feeds src/freshness: finished requests, and once a minute what the ledger knows of each day. */

import type { FastifyBaseLogger } from 'fastify'
import { createFreshness } from '../../freshness/index.js'
import type { DayBudgetLeft, Freshness } from '../../freshness/index.js'
import type { Clock, Ledger } from '../../limits/index.js'
import type { AnswerSummary, RequestSummary } from '../../observability/request-record.js'
import type { RuntimeConfig } from '../runtime-config.js'
import type { OpenFile } from '../ports/open-file.js'
import { openFreshnessFile } from './freshness-file.js'

export interface PacedDays {
  readonly freshness: Freshness
  /** Once for each request that has ended. */
  record(request: RequestSummary, answer: AnswerSummary): void
  /** Begins to follow the days of this ledger. */
  follow(ledger: Pick<Ledger, 'usage'>): void
  close(): Promise<void>
}

export interface PacedDaysDeps {
  readonly runtime: Pick<RuntimeConfig, 'config'>
  readonly clock: Clock
  /** Undefined: there is no data directory, so a restart begins anew. */
  readonly openFile: OpenFile | undefined
  readonly log: Pick<FastifyBaseLogger, 'warn'>
}

const MINUTE_MS = 60_000
/** So many minutes without a request are caught up with; after a longer rest the price begins at its floor anyway. */
const MOST_MINUTES = 240
/** A crash loses what was learnt since. */
const SAVE_EVERY_MS = 10 * MINUTE_MS

export function createPacedDays({ runtime, clock, openFile, log }: PacedDaysDeps): PacedDays {
  const books = createFreshness({
    // The profile http has no ttl of its own to change.
    mode: () =>
      runtime.config.cache.profile === 'http' ? 'fixed' : runtime.config.cache.freshness,
    utcOffsetMinutes: -new Date(clock.wallMs()).getTimezoneOffset(),
  })
  const file = openFile && openFreshnessFile(openFile, books, clock.wallMs())
  let ledger: Pick<Ledger, 'usage'> | undefined
  let tickedAtMs = clock.monotonicMs()
  let savedAtMs = tickedAtMs

  const save = async (): Promise<void> =>
    file?.save().catch((error: unknown) => {
      log.warn(
        { err: error },
        'the change rates could not be saved; a restart would learn them anew',
      )
    })

  /** After each request, and before prices are shown: no timer. */
  function reconsider(): void {
    const nowMs = clock.monotonicMs()
    const minutes = Math.min(MOST_MINUTES, Math.floor((nowMs - tickedAtMs) / MINUTE_MS))
    if (minutes < 1 || ledger === undefined) return
    tickedAtMs = nowMs
    try {
      const days = daysOf(ledger)
      for (let minute = 0; minute < minutes; minute++) books.tick(days, clock.wallMs())
    } catch (error) {
      // A ledger that cannot be asked says so elsewhere; the price stays as it is.
      log.warn({ err: error }, 'the price of a call could not be reconsidered')
    }
    if (nowMs - savedAtMs < SAVE_EVERY_MS) return
    savedAtMs = nowMs
    void save()
  }

  return {
    freshness: {
      ...books,
      report(account, nowMs) {
        reconsider()
        return books.report(account, nowMs)
      },
    },
    record(request, answer) {
      count(books, { request, answer, nowMs: clock.wallMs() })
      reconsider()
    },
    follow(followed) {
      ledger = followed
    },
    close: save,
  }
}

function count(
  freshness: Pick<Freshness, 'count'>,
  {
    request: { method, resource, requester },
    answer: { outcome, permit },
    nowMs,
  }: { readonly request: RequestSummary; readonly answer: AnswerSummary; readonly nowMs: number },
): void {
  const { account } = requester
  const hasCall = permit !== undefined
  if (outcome === 'method') {
    if (hasCall) freshness.count(account, { kind: 'write' }, nowMs)
  } else if ((method === 'GET' || method === 'HEAD') && (resource !== 'other' || hasCall)) {
    const by = outcome === 'stale' ? 'age' : 'need'
    freshness.count(account, { kind: 'read', ...(hasCall && { by }) }, nowMs)
  }
}

function daysOf(ledger: Pick<Ledger, 'usage'>): ReadonlyMap<string, DayBudgetLeft> {
  const { days } = ledger.usage()
  return new Map(
    days.map(({ account, max, used, reserve }) => [
      account,
      { max, left: Math.max(0, max - used - reserve) },
    ]),
  )
}
