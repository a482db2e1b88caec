/** A working day in virtual time: twenty programs and people behind each front. */

import { spawn } from 'node:child_process'
import { short } from '../figures.js'
import type { Part, PartContext } from '../part.js'
import type { Row } from '../table.js'
import type { DayPlan, DayResult } from './plan.js'

/** Parts of the fresh times among which one with the staleness of this proxy is looked for. */
const FACTORS = [0.5, 0.25, 0.1, 0.03] as const

/** For those whose people write through the proxy: what it drops by itself need not be fresh for 30 s. */
const LONGER = {
  cache: {
    resources: Object.fromEntries(
      ['task', 'time', 'tasknote', 'invoice', 'invoiceitem', 'expense'].map((name) => [
        name,
        { ttl: '15m', stale: '15m' },
      ]),
    ),
  },
}

export function runDay(plan: DayPlan): Promise<DayResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', 'bench/day/run.ts', JSON.stringify(plan)],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    const end = (): boolean => child.kill()
    process.once('exit', end)
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
    child.once('error', reject)
    child.once('close', (code) => {
      process.off('exit', end)
      if (code === 0) resolve(JSON.parse(text) as DayResult)
      else reject(new Error(`the day behind ${plan.front} ended with ${code}`))
    })
  })
}

export const dayPart: Part = {
  about: 'a working day of twenty consumers in virtual time',
  seconds: 240,
  run: async (context) => {
    const hours = context.isQuick ? { fromHour: 11, hours: 2 } : { fromHour: 0, hours: 24 }
    const base = { ...hours, seed: 1, factor: 1, isUnlimited: false }
    const plans: readonly (readonly [string, DayPlan])[] = [
      ['this proxy', { ...base, front: 'proxy' }],
      ['TTL only, same times', { ...base, front: 'ttl' }],
      ...(context.isQuick
        ? []
        : ([
            ['no proxy', { ...base, front: 'direct' }],
            ['this proxy, busy resources 15 min', { ...base, front: 'proxy', settings: LONGER }],
            ...[1, ...FACTORS].map((factor) => [
              `TTL only, times x ${factor}, no limits`,
              { ...base, front: 'ttl', factor, isUnlimited: true },
            ]),
          ] as const as readonly (readonly [string, DayPlan])[])),
    ]
    const results = await allOf(plans, context)
    return resultOf(results, hours.hours)
  },
}

/** Two at a time: what is measured does not depend on the machine. */
async function allOf(
  plans: readonly (readonly [string, DayPlan])[],
  context: PartContext,
): Promise<ReadonlyMap<string, DayResult>> {
  const left = [...plans]
  const found = new Map<string, DayResult>()
  const worker = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [name, plan] = next
      const startedMs = performance.now()
      found.set(name, await runDay(plan))
      const seconds = (performance.now() - startedMs) / 1_000
      context.say(`${name}: ${plan.hours} h in ${seconds.toFixed(0)} s`)
    }
  }
  await Promise.all([worker(), worker()])
  return new Map(plans.flatMap(([name]) => [[name, found.get(name)] as const]).filter(isFound))
}

const isFound = (pair: readonly [string, DayResult | undefined]): pair is [string, DayResult] =>
  pair[1] !== undefined

function resultOf(results: ReadonlyMap<string, DayResult>, hours: number) {
  const own = results.get('this proxy')
  const ttl = results.get('TTL only, times x 1, no limits') ?? results.get('TTL only, same times')
  if (own === undefined || ttl === undefined) throw new Error('a day is missing')
  const rows: Row[] = [...results].map(([front, result]) => ({
    front,
    'upstream calls': result.calls,
    'refused by Intervals': result.refusals,
    'max in 60 s': result.maxInAnyWindow,
    'failed requests': result.failed,
    'wrong answers': result.wrong,
    'out of date': result.outOfDate,
    'stale, mean s': short(result.meanStaleSeconds),
    'stale, max s': short(result.maxStaleSeconds),
  }))
  const waits: Row[] = [...results].map(([front, { waits }]) => ({
    front,
    ...Object.fromEntries(
      (['write', 'interactive', 'background'] as const).map((urgency) => {
        const { p50, p99, max } = waits[urgency]
        return [urgency, `${short(p50)} / ${short(p99)} / ${short(max)}`]
      }),
    ),
  }))
  const ratio = own.calls / ttl.calls
  // The longest times with which no more answers are out of date, and none is worse for longer.
  const same = FACTORS.map((factor) => results.get(`TTL only, times x ${factor}, no limits`)).find(
    (result) => result !== undefined && result.outOfDate <= own.outOfDate,
  )
  const goals = [
    {
      what: 'the working day: upstream calls of those of a TTL-only cache with the same times',
      goal: '<= 0.35',
      measured: short(ratio),
      isReached: ratio <= 0.35,
    },
    ...(same === undefined
      ? []
      : [
          {
            what: 'the same, of a TTL-only cache with no more answers out of date',
            goal: '<= 0.35',
            measured: short(own.calls / same.calls),
            isReached: own.calls / same.calls <= 0.35,
          },
        ]),
    {
      what: 'the working day: refused by Intervals',
      goal: '0',
      measured: String(own.refusals),
      isReached: own.refusals === 0,
    },
    {
      what: 'the working day: wrong answers',
      goal: '0',
      measured: String(own.wrong),
      isReached: own.wrong === 0,
    },
  ]
  const title = `${hours} h of twenty consumers, ${own.requests} requests, ${own.writes} of them writes`
  return {
    tables: [
      { name: 'day', title, rows },
      { name: 'day-waits', title: 'Until answered, p50 / p99 / max, ms of the day', rows: waits },
    ],
    goals,
    skipped: [],
    figures: Object.fromEntries(results),
  }
}
