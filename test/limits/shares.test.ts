import fc from 'fast-check'
import t from 'tap'
import {
  decideShare,
  keptFor,
  notLent,
  promised,
  shareLeft,
} from '../../src/limits/shares/shares.js'
import type { DayShares, DayState } from '../../src/limits/shares/shares.js'
import { PRIORITIES } from '../../src/limits/index.js'
import type { Priority } from '../../src/limits/index.js'

const HOUR_MS = 3_600_000
const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 1_000)

const sharesWith = (
  consumers: Readonly<Record<string, number>>,
  rest: Partial<DayShares> = {},
): DayShares => ({
  keepForWrites: 0,
  keepForInteractive: 0,
  lendOverMs: 6 * HOUR_MS,
  ...rest,
  consumers: new Map(Object.entries(consumers)),
})
const stateWith = (
  left: number,
  untilEndHours: number,
  spent: Readonly<Record<string, number>> = {},
  max = 100,
): DayState => ({
  max,
  left,
  untilEndMs: untilEndHours * HOUR_MS,
  spentBy: new Map(Object.entries(spent)),
})

t.test('what is not lent yet: all, then a straight line to nothing', async (t) => {
  const cases: readonly [number, number, number][] = [
    // until the end, lent over, part that is still kept
    [24, 6, 1],
    [6, 6, 1],
    [3, 6, 0.5],
    [1.5, 6, 0.25],
    [0, 6, 0],
    [-1, 6, 0],
    [30, 24, 1],
    [12, 24, 0.5],
    [0.001, 0, 1],
    [0, 0, 0],
  ]
  for (const [untilEnd, lendOver, part] of cases) {
    t.equal(notLent(untilEnd * HOUR_MS, lendOver * HOUR_MS), part, `${untilEnd} of ${lendOver} h`)
  }
})

t.test('promised: whole requests, whatever percentages do', async (t) => {
  for (const [share, max, expected] of [
    [0.2, 6_000, 1_200],
    [0.07, 100, 7],
    [0.29, 100, 29],
    [0.57, 100, 57],
    [0.205, 100, 20],
    [1, 7, 7],
    [0, 7, 0],
  ] as const) {
    t.equal(promised(share, max), expected, `${share} of ${max}`)
  }
})

t.test('who may spend one more', async (t) => {
  const app20 = sharesWith({ app: 0.2 })
  const two = sharesWith({ app: 0.2, report: 0.3 })
  const floors = sharesWith({}, { keepForWrites: 0.1, keepForInteractive: 0.2 })
  const all = sharesWith({ app: 0.2 }, { keepForWrites: 0.1, keepForInteractive: 0.2 })
  const cases: readonly [string, DayShares, DayState, string, Priority, boolean][] = [
    ['nothing is kept', sharesWith({}), stateWith(1, 12), 'x', 'background', true],
    ['others: down to the share', app20, stateWith(21, 12), 'x', 'write', true],
    ['others: not into it', app20, stateWith(20, 12), 'x', 'write', false],
    ['others: what it used is not kept', app20, stateWith(6, 12, { app: 15 }), 'x', 'write', true],
    ['others: the rest of it is', app20, stateWith(5, 12, { app: 15 }), 'x', 'write', false],
    ['its own: always', app20, stateWith(1, 12), 'app', 'background', true],
    ['its own: the last one', app20, stateWith(1, 12, { app: 19 }), 'app', 'interactive', true],
    ['beyond it: like others', two, stateWith(31, 12, { app: 20 }), 'app', 'write', true],
    ['beyond it: not into another’s', two, stateWith(30, 12, { app: 20 }), 'app', 'write', false],
    ['beyond it, nobody else promised', app20, stateWith(1, 12, { app: 99 }), 'app', 'write', true],
    ['background: not into both floors', floors, stateWith(30, 12), 'x', 'background', false],
    ['background: down to them', floors, stateWith(31, 12), 'x', 'background', true],
    ['interactive: into its own', floors, stateWith(30, 12), 'x', 'interactive', true],
    ['interactive: not into that of writes', floors, stateWith(10, 12), 'x', 'interactive', false],
    ['writes: to the last', floors, stateWith(1, 12), 'x', 'write', true],
    ['floors and shares add up', all, stateWith(50, 12), 'x', 'background', false],
    ['floors and shares add up: more', all, stateWith(51, 12), 'x', 'background', true],
    ['within a share no floor counts', all, stateWith(5, 12), 'app', 'background', true],
    ['half is lent', app20, stateWith(11, 3), 'x', 'write', true],
    ['half is lent, and no more', app20, stateWith(10, 3), 'x', 'write', false],
    ['half of the floors, too', floors, stateWith(16, 3), 'x', 'background', true],
    ['half of the floors, and no more', floors, stateWith(15, 3), 'x', 'background', false],
    ['at the end everything is lent', all, stateWith(1, 0), 'x', 'background', true],
    ['a day that is over keeps nothing', all, stateWith(1, -1), 'x', 'background', true],
    ['a day to come keeps all', app20, stateWith(20, 24.01), 'x', 'write', false],
    ['more spent than promised', app20, stateWith(1, 12, { app: 50 }), 'x', 'write', true],
    ['less left than promised', app20, stateWith(3, 12), 'x', 'write', false],
  ]
  let refusals = 0
  for (const [name, shares, state, consumer, priority, expected] of cases) {
    const verdict = decideShare(shares, state, { consumer, priority })
    t.equal(verdict.kind === 'open', expected, name)
    if (verdict.kind === 'kept') refusals++
  }
  t.comment(`${cases.length} cases, ${refusals} of them refused`)
})

t.test('the time of a refusal is the first at which enough is lent', async (t) => {
  let refusals = 0
  fc.assert(
    fc.property(
      fc.record({
        app: fc.integer({ min: 0, max: 40 }),
        report: fc.integer({ min: 0, max: 30 }),
        writes: fc.integer({ min: 0, max: 15 }),
        people: fc.integer({ min: 0, max: 15 }),
        left: fc.integer({ min: 1, max: 1_000 }),
        used: fc.integer({ min: 0, max: 300 }),
        untilEndMs: fc.integer({ min: 1, max: 30 * HOUR_MS }),
        lendOverMs: fc.constantFrom(0, HOUR_MS, 6 * HOUR_MS, 24 * HOUR_MS),
        priority: fc.constantFrom(...PRIORITIES),
      }),
      ({ app, report, writes, people, left, used, untilEndMs, lendOverMs, priority }) => {
        const shares = sharesWith(
          { app: app / 100, report: report / 100 },
          { keepForWrites: writes / 100, keepForInteractive: people / 100, lendOverMs },
        )
        const at = (ms: number): DayState => ({
          max: 1_000,
          left,
          untilEndMs: ms,
          spentBy: new Map([['app', used]]),
        })
        const who = { consumer: 'x', priority }
        const verdict = decideShare(shares, at(untilEndMs), who)
        if (verdict.kind === 'open') return
        refusals++
        const { untilEndMs: then } = verdict
        if (then < 0 || then > untilEndMs) throw new Error(`${then} is no time to come`)
        if (decideShare(shares, at(then), who).kind !== 'open') throw new Error('too early')
        if (then > 0 && decideShare(shares, at(then + 60_000), who).kind === 'open') {
          if (untilEndMs > then + 60_000) throw new Error('too late')
        }
      },
    ),
    { numRuns: RUNS },
  )
  t.comment(`${refusals} of ${RUNS} were refused`)
  t.ok(refusals > RUNS / 20)
})

const NAMES = ['app', 'report', 'nobody', 'x'] as const

t.test(
  'whoever asks in whatever order: never over, each gets its share, nothing is wasted',
  async (t) => {
    let sent = 0
    let kept = 0
    fc.assert(
      fc.property(
        fc.record({
          max: fc.integer({ min: 1, max: 60 }),
          app: fc.integer({ min: 0, max: 50 }),
          report: fc.integer({ min: 0, max: 30 }),
          writes: fc.integer({ min: 0, max: 10 }),
          people: fc.integer({ min: 0, max: 10 }),
          lendOverHours: fc.constantFrom(0, 1, 6, 24),
          asks: fc.array(
            fc.record({
              consumer: fc.constantFrom(...NAMES),
              priority: fc.constantFrom(...PRIORITIES),
              times: fc.integer({ min: 1, max: 40 }),
              afterMs: fc.integer({ min: 0, max: 4 * HOUR_MS }),
            }),
            { maxLength: 20 },
          ),
        }),
        ({ max, app, report, writes, people, lendOverHours, asks }) => {
          const shares = sharesWith(
            { app: app / 100, report: report / 100 },
            {
              keepForWrites: writes / 100,
              keepForInteractive: people / 100,
              lendOverMs: lendOverHours * HOUR_MS,
            },
          )
          const spent: Record<string, number> = {}
          let used = 0
          let untilEndMs = 24 * HOUR_MS
          const state = (): DayState => ({
            ...stateWith(max - used, 0, spent, max),
            untilEndMs,
          })
          const ask = (consumer: string, priority: Priority): boolean => {
            if (used >= max) return false
            const before = state()
            const isOpen = decideShare(shares, before, { consumer, priority }).kind === 'open'
            const isWithin = shareLeft(shares, before, consumer) > 0
            if (!isOpen) {
              kept++
              if (isWithin) throw new Error(`${consumer} was refused within its share`)
              return false
            }
            used++
            spent[consumer] = (spent[consumer] ?? 0) + 1
            sent++
            // Nobody beyond a share of his own may leave less than what is kept for the others.
            const others = ['app', 'report'].filter((name) => name !== consumer)
            const keptNow = others.reduce((sum, name) => sum + keptFor(shares, before, name), 0)
            if (!isWithin && max - used < keptNow) throw new Error('into what was kept')
            return true
          }
          for (const { consumer, priority, times, afterMs } of asks) {
            untilEndMs = Math.max(1, untilEndMs - afterMs)
            for (let i = 0; i < times; i++) ask(consumer, priority)
            if (untilEndMs < shares.lendOverMs) continue
            // Before the lending what is promised is there, whatever the others did.
            const owed = ['app', 'report'].reduce(
              (sum, name) => sum + shareLeft(shares, state(), name),
              0,
            )
            if (max - used < owed) throw new Error(`${owed} are owed, ${max - used} are left`)
          }
          // The lending is over before the day is.
          untilEndMs = shares.lendOverMs === 0 ? 0 : Math.min(untilEndMs, shares.lendOverMs / 1_000)
          while (ask('nobody', 'background'));
          if (used !== max) throw new Error(`${used} of ${max}: something was wasted`)
        },
      ),
      { numRuns: RUNS },
    )
    t.comment(`${RUNS} days: ${sent} requests sent, ${kept} refused for the sake of others`)
    t.ok(kept > RUNS / 2 && sent > RUNS)
  },
)
