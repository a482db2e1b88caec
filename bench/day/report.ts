/** The days side by side: tables, and how this proxy compares with a cache that has times only. */

import { short } from '../figures.js'
import type { Goal, PartResult } from '../part.js'
import type { Row, Table } from '../table.js'
import type { DayResult } from './plan.js'

type Days = ReadonlyMap<string, DayResult>

export const OWN = 'this proxy'
/** With `staleWhileRevalidate: 0s` for each resource. */
export const OWN_WAITING = 'this proxy, readers wait for what is late'

export const timesName = (factor: number): string => `TTL only, times x ${factor}, nobody refuses`

export function resultOf(
  results: Days,
  { hours, factors }: { readonly hours: number; readonly factors: readonly number[] },
): PartResult {
  const own = results.get(OWN)
  if (own === undefined) throw new Error('the day of this proxy is missing')
  const curve = factors.flatMap((factor) => {
    const day = results.get(timesName(factor))
    return day === undefined ? [] : [{ factor, day }]
  })
  const isOfCurve = new Set(factors.map(timesName))
  const fronts = [...results].filter(([name]) => !isOfCurve.has(name))
  const title = `${hours} h of twenty consumers, ${own.requests} requests, ${own.writes} of them writes`
  const tables: Table[] = [
    { name: 'day', title, rows: fronts.map(([front, day]) => ({ front, ...rowOf(day) })) },
    {
      name: 'day-waits',
      title: 'Until answered, p50 / p99 / max, ms of the day',
      rows: fronts.map(([front, day]) => ({ front, ...waitsOf(day) })),
    },
    { name: 'day-spent', title: 'What the calls of this proxy were spent on', rows: spentOn(own) },
  ]
  if (curve.length > 0) {
    tables.push({
      name: 'day-curve',
      title: 'A cache with times only, by how long they are; nobody refuses',
      rows: curve.map(({ factor, day }) => ({
        times: `x ${factor}`,
        ...rowOf(day),
        'this proxy spends': short(own.calls / day.calls),
      })),
    })
  }
  return {
    tables,
    goals: goalsOf(own, { results, curve }),
    skipped: [],
    figures: Object.fromEntries(results),
  }
}

const rowOf = (day: DayResult): Row => ({
  'upstream calls': day.calls,
  'refused by Intervals': day.refusals,
  'max in 60 s': day.maxInAnyWindow,
  'failed requests': day.failed,
  'wrong answers': day.wrong,
  'out of date': day.outOfDate,
  'stale, mean s': short(day.meanStaleSeconds),
  'stale, max s': short(day.maxStaleSeconds),
})

const waitsOf = ({ waits }: DayResult): Row =>
  Object.fromEntries(
    (['write', 'interactive', 'background'] as const).map((urgency) => {
      const { p50, p99, max } = waits[urgency]
      return [urgency, `${short(p50)} / ${short(p99)} / ${short(max)}`]
    }),
  )

function spentOn({ spent }: DayResult): readonly Row[] {
  const rows = Object.entries(spent)
    .toSorted(([, a], [, b]) => b.calls - a.calls)
    .map(([resource, { calls, first, expired, dropped, behind, needed }]) => ({
      resource,
      calls,
      'read first': first,
      expired,
      'dropped by a write': dropped,
      'refreshed behind': behind,
      'had really changed, or first': needed,
    }))
  const sum = (column: keyof (typeof rows)[number]): number =>
    rows.reduce((total, row) => total + Number(row[column]), 0)
  return [
    ...rows.slice(0, 8),
    {
      resource: 'all',
      calls: sum('calls'),
      'read first': sum('read first'),
      expired: sum('expired'),
      'dropped by a write': sum('dropped by a write'),
      'refreshed behind': sum('refreshed behind'),
      'had really changed, or first': sum('had really changed, or first'),
    },
  ]
}

/** Of the cache with times only, the one that calls least without being worse than this proxy in one way. */
function goalsOf(
  own: DayResult,
  {
    results,
    curve,
  }: {
    readonly results: Days
    readonly curve: readonly { readonly factor: number; readonly day: DayResult }[]
  },
): readonly Goal[] {
  const cheapest = (isAsGood: (day: DayResult) => boolean) =>
    curve.filter(({ day }) => isAsGood(day)).toSorted((a, b) => a.day.calls - b.day.calls)[0]
  const comparedAs = (front: string, day: DayResult): readonly Goal[] =>
    (
      [
        [
          'as stale in the mean',
          (other: DayResult) => other.meanStaleSeconds <= day.meanStaleSeconds,
        ],
        ['with as few answers out of date', (other: DayResult) => other.outOfDate <= day.outOfDate],
        ['with as few wrong answers', (other: DayResult) => other.wrong <= day.wrong],
      ] as const
    ).flatMap(([how, isAsGood]): Goal[] => {
      const found = cheapest(isAsGood)
      if (found === undefined) return []
      const times = `a cache with times only, ${how} (times x ${found.factor})`
      return [against(day, found.day, { front, whose: times })]
    })
  const waiting = results.get(OWN_WAITING)
  const compared = [...comparedAs(OWN, own)]
  if (waiting !== undefined) compared.push(...comparedAs(OWN_WAITING, waiting))
  const sameTimes = results.get('TTL only, same times')
  if (compared.length === 0 && sameTimes !== undefined) {
    const whose = 'a cache with the same times only'
    compared.push(against(own, sameTimes, { front: OWN, whose }))
  }
  const none = (what: string, count: number): Goal => ({
    what: `the working day: ${what}`,
    goal: '0',
    measured: String(count),
    isReached: count === 0,
  })
  return [...compared, none('refused by Intervals', own.refusals), none('wrong answers', own.wrong)]
}

const against = (
  own: DayResult,
  other: DayResult,
  { front, whose }: { readonly front: string; readonly whose: string },
): Goal => ({
  what: `the working day: upstream calls of ${front}, of those of ${whose}`,
  goal: '<= 0.35',
  measured: short(own.calls / other.calls),
  isReached: own.calls / other.calls <= 0.35,
})
