import t from 'tap'
import fc from 'fast-check'
import { World } from './upstream-model.js'

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 2_000)

const send = fc.record({
  kind: fc.constant('send' as const),
  count: fc.integer({ min: 1, max: 6 }),
  writeMs: fc.integer({ min: 0, max: 1_200 }),
  arriveMs: fc.integer({ min: 0, max: 5_000 }),
  endMs: fc.integer({ min: 1, max: 3_000 }),
  isAnswered: fc.boolean(),
  crashBeforeFlush: fc.constantFrom(false, false, false, false, false, true),
})
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('free' as const) }) },
  { weight: 8, arbitrary: send },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.integer({ min: 0, max: 4_000 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.integer({ min: 0, max: 30_000 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('crash' as const), flushed: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('step' as const),
      ms: fc.integer({ min: -7_200_000, max: 7_200_000 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('reboot' as const),
      wallErrorMs: fc.integer({ min: -2_000, max: 2_000 }),
    }),
  },
)

/** Sent as soon as a slot is free, counted just before its answer or at once: the tightest case. */
const PROMPT = {
  writeMs: 0,
  arriveMs: 0,
  endMs: 1,
  isAnswered: true,
  crashBeforeFlush: false,
}

const MIDNIGHT = Date.parse('2026-03-11T00:00:00Z')

t.test(
  `${RUNS} schedules of latencies, crashes, clock steps and midnight: never over`,
  async (t) => {
    let sent = 0
    let fullWindows = 0
    let fullDays = 0
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          max: fc.integer({ min: 1, max: 5 }),
          windowMs: fc.integer({ min: 800, max: 4_000 }),
          dayMax: fc.integer({ min: 4, max: 25 }),
          isAuto: fc.boolean(),
          driftPpm: fc.integer({ min: -500, max: 500 }),
          upstreamOffsetMs: fc.integer({ min: -4_000, max: 4_000 }),
          startMs: fc.integer({ min: -60_000, max: 20_000 }).map((ms) => MIDNIGHT + ms),
        }),
        fc.array(step, { minLength: 10, maxLength: 60, size: 'max' }),
        async (options, steps) => {
          const world = new World(options)
          let boots = 1
          for (const one of steps) {
            if (one.kind === 'send') {
              for (let i = 0; i < one.count; i++) await world.send(one)
            } else if (one.kind === 'wait') {
              world.advance(one.ms)
              world.flush()
            } else if (one.kind === 'free') {
              world.advanceToFree()
              await world.send(PROMPT)
            } else if (one.kind === 'crash') {
              if (one.flushed) world.flush()
              world.crash()
            } else if (one.kind === 'step') world.wallErrorMs += one.ms
            else world.reboot(`boot-${++boots}`, one.wallErrorMs)
          }
          world.advance(20_000)
          const most = world.maxInAnyWindow()
          const mostOfDay = Math.max(0, ...world.days.values())
          sent += world.arrivals.length
          if (most === options.max) fullWindows++
          if (mostOfDay === options.dayMax) fullDays++
          if (most > options.max) throw new Error(`${most} in one window of ${options.max}`)
          if (mostOfDay > options.dayMax)
            throw new Error(`${mostOfDay} in one day of ${options.dayMax}`)
        },
      ),
      { numRuns: RUNS },
    )
    t.comment(
      `${sent} requests arrived; ${fullWindows} schedules filled a window, ${fullDays} a day`,
    )
    t.ok(fullWindows > RUNS / 4, 'and what is allowed was used: windows were filled')
    t.ok(fullDays > RUNS / 100, 'days were filled, too')
  },
)
