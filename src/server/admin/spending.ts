/** /-/spending: who spent how many calls, by consumer, resource or hour. Today unless asked otherwise. */

import { setImmediate } from 'node:timers/promises'
import { dayOfHour, HOUR_MS, hourOf, KEPT_DAYS, OTHERS } from '../../limits/index.js'
import type { SpendingRecord } from '../../limits/index.js'
import { ProblemError } from '../errors/problems.js'
import type { Clock, SpendingBook } from '../../limits/index.js'
import type { SPENDING_BY } from './schemas/spending.js'

export interface SpendingQuery {
  /** A UTC day (2026-03-10) or an hour of it (2026-03-10T14); both ends are included. */
  readonly from?: string
  readonly to?: string
  readonly by?: (typeof SPENDING_BY)[number]
  readonly account?: string
}

/** Rows of an answer; those with the fewest calls are put together under `(others)`. */
const MAX_ROWS = 1_000
/** Hours that are read in one turn of the event loop. */
const HOURS_PER_TURN = 24

interface Row {
  readonly account: string
  /** A consumer, a resource, or the beginning of an hour. */
  readonly name: string
  readonly calls: number
}

/** @throws ProblemError BAD_REQUEST */
export interface SpendingPorts {
  readonly spending: SpendingBook
  readonly clock: Pick<Clock, 'wallMs'>
}

export async function spendingOf({ spending, clock }: SpendingPorts, query: SpendingQuery) {
  const { by = 'consumer', account: asked } = query
  const now = hourOf(clock.wallMs())
  const today = hourOf(Date.parse(dayOfHour(now)))
  const from = query.from === undefined ? today : firstHour(query.from, 'from')
  const last = query.to === undefined ? now : lastHour(query.to)
  if (from > last) throw new ProblemError('BAD_REQUEST', { message: '"from" is after "to"' })
  const rows = new Map<string, Row>()
  // What is older is forgotten, and what is to come is not there.
  const oldest = now - (KEPT_DAYS + 1) * 24
  for (let hour = Math.max(from, oldest); hour <= Math.min(last, now + 1); hour++) {
    if (hour % HOURS_PER_TURN === 0) await setImmediate()
    for (const record of spending.ofHour(hour)) {
      const { account, calls } = record
      if (calls === 0 || (asked !== undefined && account !== asked)) continue
      const name = nameOf(record, by)
      const key = JSON.stringify([account, name])
      rows.set(key, { account, name, calls: calls + (rows.get(key)?.calls ?? 0) })
    }
  }
  const found = [...rows.values()]
  const listed = by === 'hour' ? found : shortened(found)
  return {
    from: iso(from),
    to: iso(last + 1),
    by,
    calls: found.reduce((sum, { calls }) => sum + calls, 0),
    spending: listed.map(({ account, name, calls }) => ({ [by]: name, account, calls })),
  }
}

const iso = (hour: number): string => new Date(hour * HOUR_MS).toISOString()

function nameOf({ consumer, resource, hour }: SpendingRecord, by: SpendingQuery['by']): string {
  if (by === 'hour') return iso(hour)
  return by === 'resource' ? resource : consumer
}

function shortened(rows: readonly Row[]): readonly Row[] {
  const sorted = rows.toSorted((a, b) => b.calls - a.calls)
  const rest = new Map<string, number>()
  for (const { account, calls } of sorted.slice(MAX_ROWS)) {
    rest.set(account, calls + (rest.get(account) ?? 0))
  }
  const others = [...rest].map(([account, calls]) => ({ account, name: OTHERS, calls }))
  return [...sorted.slice(0, MAX_ROWS), ...others]
}

const DAY = /^\d{4}-\d{2}-\d{2}$/
const HOUR = /^(\d{4}-\d{2}-\d{2}T\d{2})(?::00)?(?::00)?Z?$/

function firstHour(text: string, name: 'from' | 'to'): number {
  const hour = HOUR.exec(text)?.[1]
  const written = DAY.test(text) ? `${text}T00:00:00.000Z` : `${hour}:00:00.000Z`
  const at = Date.parse(written)
  // Date.parse makes 1 March of 30 February.
  if (!Number.isFinite(at) || new Date(at).toISOString() !== written) {
    throw new ProblemError('BAD_REQUEST', {
      message: `"${name}": expected a UTC day such as 2026-03-10, or an hour such as 2026-03-10T14`,
    })
  }
  return hourOf(at)
}

const lastHour = (text: string): number => firstHour(text, 'to') + (DAY.test(text) ? 23 : 0)
