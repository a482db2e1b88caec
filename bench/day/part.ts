/** A working day in virtual time: twenty programs and people behind each front. */

import { spawn } from 'node:child_process'
import { RESOURCE_NAMES } from '../../src/cache/index.js'
import type { Part, PartContext } from '../part.js'
import type { DayPlan, DayResult } from './plan.js'
import { OWN, OWN_WAITING, resultOf, timesName } from './report.js'

/** The fresh times times these: from a cache that is nearly always right to one that nearly never asks. */
const FACTORS = [0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 8] as const

/** For those whose people write through the proxy: what it drops by itself need not be fresh for 30 s. */
const LONGER = ofEach(['task', 'time', 'tasknote', 'invoice', 'invoiceitem', 'expense'], {
  ttl: '15m',
  stale: '15m',
})

const WAITING = ofEach(RESOURCE_NAMES, { staleWhileRevalidate: '0s' })

function ofEach(names: readonly string[], times: object): object {
  return { cache: { resources: Object.fromEntries(names.map((name) => [name, times])) } }
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
  seconds: 300,
  needsBuild: false,
  isLight: true,
  run: async (context) => {
    const hours = context.isQuick ? { fromHour: 12, hours: 1 } : { fromHour: 0, hours: 24 }
    const base = { ...hours, seed: 1, factor: 1, isUnlimited: false }
    const plans: readonly (readonly [string, DayPlan])[] = [
      [OWN, { ...base, front: 'proxy' }],
      ['TTL only, same times', { ...base, front: 'ttl' }],
      ...(context.isQuick
        ? []
        : ([
            ['no proxy', { ...base, front: 'direct' }],
            [OWN_WAITING, { ...base, front: 'proxy', settings: WAITING }],
            ['this proxy, busy resources 15 min', { ...base, front: 'proxy', settings: LONGER }],
            ...FACTORS.map((factor) => [
              timesName(factor),
              { ...base, front: 'ttl', factor, isUnlimited: true },
            ]),
          ] as const as readonly (readonly [string, DayPlan])[])),
    ]
    const results = await allOf(plans, context)
    return resultOf(results, { hours: hours.hours, factors: FACTORS })
  },
}

/** Two at a time: what is measured does not depend on the machine. */
export async function allOf(
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
