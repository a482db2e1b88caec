// Runs the schedules of never-contradicted.test.ts. A process of its own, because tap follows every
// promise, which makes this five times as slow.

import * as fc from 'fast-check'
import { createProxyModel, newTally, type Credential, type Ending } from './proxy-model.js'

export interface Report extends ReturnType<typeof newTally> {
  readonly problem?: string
  readonly seconds: number
}

const CREDENTIALS = [
  { token: 'one-a', account: 'one' },
  { token: 'one-b', account: 'one' },
  { token: 'two-a', account: 'two' },
] as const satisfies readonly Credential[]
const WRITES = [
  ['PUT', '/client/1/'],
  ['POST', '/task/13/'],
  ['PUT', '/taskstatus/2/'],
  ['DELETE', '/milestone/3/'],
  ['DELETE', '/project/7/'],
  ['POST', '/unheard-of/'],
] as const
const ENDINGS: readonly Ending[] = [
  'acknowledged',
  'acknowledged',
  'refused',
  'refused-applied',
  'lost',
  'lost-applied',
]

const often = <T>(first: T, ...others: T[]) =>
  fc.constantFrom(first, first, first, first, ...others)
const who = often<Credential>(...CREDENTIALS)
const seldom = fc.integer({ min: 0, max: 5 }).map((value) => value === 5)
const read = fc.record({
  kind: fc.constant('read' as const),
  who,
  path: often('/client/1', '/client', '/project', '/task/13', '/taskstatus'),
  noCache: seldom,
  fails: seldom,
  urgency: fc.constantFrom(0, 1),
})
const write = fc.record({
  kind: fc.constant('write' as const),
  who,
  request: often<readonly [string, string]>(...WRITES),
  ending: fc.constantFrom(...ENDINGS),
})
const other = fc.oneof(
  fc.record({
    kind: fc.constant('purge' as const),
    selection: fc.constantFrom(
      { soft: true },
      { resource: 'client' as const },
      { account: 'one', soft: true },
      { path: '/project' },
    ),
  }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 400_000 }) }),
)
const step = fc.oneof(
  { weight: 10, arbitrary: read },
  { weight: 4, arbitrary: write },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('crash' as const),
      kept: fc.constantFrom(0, 0, 0.5, 1),
    }),
  },
  { weight: 1, arbitrary: other },
  // Until all that is under way has ended.
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('settle' as const) }) },
)

export async function runSchedules(runs: number, isOnDisk: boolean): Promise<Report> {
  const tally = newTally()
  const property = fc.asyncProperty(
    fc.scheduler(),
    fc.array(step, { minLength: 4, maxLength: 30, size: 'max' }),
    async (scheduler, steps) => {
      const schedule = (what: string): Promise<unknown> =>
        scheduler.schedule(Promise.resolve(), what)
      const model = createProxyModel(schedule, { isOnDisk, tally })
      const run = async (): Promise<void> => {
        const running: Promise<void>[] = []
        for (const one of steps) {
          await schedule(one.kind)
          if (one.kind === 'read') running.push(model.read(one.who, one.path, one))
          else if (one.kind === 'write') {
            const [method, path] = one.request
            running.push(model.write(one.who, method, path, one.ending))
          } else if (one.kind === 'crash') model.crash(one.kept)
          else if (one.kind === 'purge') running.push(model.purge(one.selection))
          else if (one.kind === 'wait') model.wait(one.ms)
          else await Promise.all(running)
        }
      }
      await scheduler.waitFor(run())
      await scheduler.waitIdle()
      if (model.problems.length > 0) throw new Error(model.problems.join('; '))
    },
  )
  const startedMs = performance.now()
  const { failed, counterexample, errorInstance, seed } = await fc.check(property, {
    numRuns: runs,
  })
  return {
    ...tally,
    seconds: (performance.now() - startedMs) / 1000,
    ...(failed && {
      problem: `seed ${seed}: ${String(errorInstance)}: ${fc.stringify(counterexample)}`,
    }),
  }
}

// Killed as it may be, the test leaves nobody behind.
process.once('disconnect', () => process.exit())
const [runs, isOnDisk] = process.argv.slice(2)
process.send?.(await runSchedules(Number(runs), isOnDisk === 'true'), () => process.disconnect())
