/** The day in the modes of cache.freshness, and with fewer calls than it would take: does it last? */

import type { Goal, Part } from '../part.js'
import { short } from '../figures.js'
import type { DayPlan, DayResult } from './plan.js'
import { allOf } from './part.js'

interface Case {
  readonly mode: 'fixed' | 'paced' | 'saving'
  /** Undefined: 12,000, as the larger plan of Intervals has it. */
  readonly budget?: number
  /** The first day of a new proxy; otherwise the day after one like it. */
  readonly isFirst?: true
  readonly hasMoreEdits?: true
  readonly demand?: 3
  /** Calls without those to /quota/, answers out of date, mean staleness in seconds. */
  readonly goal?: readonly [number, number, number]
}

const CASES: readonly Case[] = [
  { mode: 'fixed' },
  { mode: 'paced', goal: [3_700, 30, 0.7] },
  { mode: 'saving', goal: [2_550, 45, 1.2] },
  { mode: 'saving', isFirst: true, goal: [2_900, 60, 2.5] },
  { mode: 'paced', hasMoreEdits: true, goal: [3_800, 45, 1] },
  { mode: 'saving', hasMoreEdits: true, goal: [3_000, 65, 1.8] },
  { mode: 'fixed', budget: 2_500 },
  { mode: 'paced', budget: 2_500, goal: [2_500, Infinity, 1.5] },
  { mode: 'paced', budget: 3_000, goal: [3_000, Infinity, 0.5] },
  { mode: 'paced', budget: 2_500, isFirst: true },
  { mode: 'paced', budget: 6_000, demand: 3, goal: [6_000, Infinity, 1] },
  { mode: 'fixed', budget: 1_200 },
  { mode: 'paced', budget: 1_200 },
]

/** Seeds that the rule was chosen on, and seeds that were looked at last. */
const SEEDS = [1, 4, 5, 6] as const

const nameOf = ({ mode, budget = 12_000, isFirst, hasMoreEdits, demand }: Case): string =>
  [
    mode,
    `${budget} calls`,
    ...(isFirst === true ? ['first day'] : []),
    ...(hasMoreEdits === true ? ['85 more web edits'] : []),
    ...(demand === undefined ? [] : ['triple demand']),
  ].join(', ')

function planOf(one: Case, seed: number): DayPlan {
  const { mode, budget = 12_000, isFirst, hasMoreEdits, demand } = one
  return {
    front: 'proxy',
    factor: 1,
    fromHour: 0,
    hours: 24,
    seed,
    isUnlimited: false,
    daysBefore: isFirst === true ? 0 : 1,
    ...(hasMoreEdits !== undefined && { hasMoreEdits }),
    ...(demand !== undefined && { demand }),
    settings: { cache: { freshness: mode }, limits: { day: { max: budget } } },
  }
}

export const pacePart: Part = {
  about: 'days in the modes of cache.freshness, with enough calls and with too few',
  seconds: 2_400,
  needsBuild: false,
  isLight: false,
  run: async (context) => {
    const seeds = context.isQuick ? [1] : SEEDS
    const plans = CASES.flatMap((one) =>
      seeds.map((seed) => [`${nameOf(one)} (seed ${seed})`, planOf(one, seed)] as const),
    )
    const results = await allOf(plans, context)
    const rows = CASES.map((one) => ({ one, days: daysOf(one, results, seeds) }))
    return {
      tables: [
        {
          name: 'day-paced',
          title: `A day of twenty consumers by mode, the median of seeds ${seeds.join(', ')}`,
          rows: rows.map(({ one, days }) => ({
            mode: nameOf(one),
            calls: median(days, callsOf),
            'failed requests': median(days, ({ failed }) => failed),
            'wrong answers': Math.max(...days.map(({ wrong }) => wrong)),
            'out of date': median(days, ({ outOfDate }) => outOfDate),
            'stale, mean s': short(median(days, ({ meanStaleSeconds }) => meanStaleSeconds)),
            'stale, max s': short(median(days, ({ maxStaleSeconds }) => maxStaleSeconds)),
          })),
        },
      ],
      goals: rows.flatMap(({ one, days }) => goalsOf(one, days)),
      skipped: [],
      figures: Object.fromEntries(results),
    }
  },
}

const callsOf = ({ calls, quotaCalls }: DayResult): number => calls - quotaCalls

function daysOf(
  one: Case,
  results: ReadonlyMap<string, DayResult>,
  seeds: readonly number[],
): readonly DayResult[] {
  return seeds.flatMap((seed) => results.get(`${nameOf(one)} (seed ${seed})`) ?? [])
}

function median(days: readonly DayResult[], figure: (day: DayResult) => number): number {
  const sorted = days.map(figure).toSorted((a, b) => a - b)
  const [low = 0, high = low] = [
    sorted[Math.floor((sorted.length - 1) / 2)],
    sorted[Math.ceil((sorted.length - 1) / 2)],
  ]
  return (low + high) / 2
}

function goalsOf(one: Case, days: readonly DayResult[]): readonly Goal[] {
  if (one.goal === undefined) return []
  const [calls, outOfDate, staleSeconds] = one.goal
  const figures = [
    ['calls', median(days, callsOf), calls],
    ['answers out of date', median(days, (day) => day.outOfDate), outOfDate],
    ['mean staleness, s', median(days, (day) => day.meanStaleSeconds), staleSeconds],
    ['failed requests', Math.max(...days.map(({ failed }) => failed)), 0],
    ['wrong answers', Math.max(...days.map(({ wrong }) => wrong)), 0],
  ] as const
  return figures
    .filter(([, , goal]) => Number.isFinite(goal))
    .map(([what, measured, goal]) => ({
      what: `${nameOf(one)}: ${what}`,
      goal: `<= ${goal}`,
      measured: short(measured),
      isReached: measured <= goal,
    }))
}
