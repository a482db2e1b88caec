import fc from 'fast-check'
import t from 'tap'
import { RateShaper } from '../../src/limits/queue/rate-shaper.js'
import { testClock } from './clock.js'
import { defaultQueue } from './default-queue.js'
import { pass } from './virtual-time.js'
import { ledgerWith } from './setup.js'

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 8)
const RULES = { max: 100, windowMs: 60_000, burst: 80, graceMs: 50 }

function shaperWith(rules = RULES) {
  const clock = testClock()
  const { max, windowMs } = rules
  const ledger = ledgerWith(clock, { max, windowMs, dayMax: 1e6 })
  const shaper = new RateShaper(rules, ledger)
  const request = (credential = 'me', program = 'p', waiting = 1) => ({
    credential,
    program,
    waiting,
    nowMs: clock.monotonicMs(),
  })
  async function send(count: number, of = request) {
    for (let i = 0; i < count; i++) {
      shaper.granted(of())
      const decision = await ledger.take({ account: 'a', chargesDay: false })
      if (decision.kind === 'permitted') ledger.settle(decision.permit, 'answered')
    }
  }
  return { clock, shaper, request, send }
}

t.test('a request that was not sent after all is not counted', async (t) => {
  const { shaper, request, send } = shaperWith()
  await send(90)
  const dueMs = shaper.dueAt(request())
  t.ok(dueMs > request().nowMs)
  for (let i = 0; i < 3; i++) {
    const undo = shaper.granted(request())
    t.equal(shaper.sentBy('me', request().nowMs), 91)
    t.equal(shaper.sentByProgram('me', 'p', request().nowMs), 91)
    undo()
  }
  t.equal(shaper.sentBy('me', request().nowMs), 90)
  t.equal(shaper.sentByProgram('me', 'p', request().nowMs), 90)
  t.equal(shaper.dueAt(request()), dueMs)
})

t.test('once the window has passed, a credential is as new', async (t) => {
  const { clock, shaper, request, send } = shaperWith()
  await send(90)
  clock.advance(60_200)
  t.equal(shaper.sentBy('me', clock.monotonicMs()), 0)
  t.equal(shaper.sentByProgram('me', 'p', clock.monotonicMs()), 0)
  t.equal(shaper.dueAt(request()), clock.monotonicMs())
})

t.test('programs beyond 16 are counted as one', async (t) => {
  const { clock, shaper } = shaperWith()
  for (let i = 0; i < 40; i++) {
    const program = `p${i}`
    shaper.granted({ credential: 'me', program, waiting: 1, nowMs: clock.monotonicMs() })
  }
  t.equal(shaper.sentByProgram('me', 'p3', clock.monotonicMs()), 1)
  t.equal(shaper.sentByProgram('me', 'p30', clock.monotonicMs()), 24)
  t.equal(shaper.sentBy('me', clock.monotonicMs()), 40)
})

const anyPlan = fc.record({
  credential: fc.constantFrom('one', 'two'),
  program: fc.constantFrom('a', 'b', 'c'),
  priority: fc.constantFrom('write' as const, 'interactive' as const, 'background' as const),
  count: fc.integer({ min: 1, max: 60 }),
  isParallel: fc.boolean(),
  latencyMs: fc.integer({ min: 1, max: 900 }),
  afterMs: fc.integer({ min: 0, max: 30_000 }),
})

t.test('any programs: never over, and all of them get through', async (t) => {
  let sentInAll = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyPlan, { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 40 }),
      async (plans, max) => {
        const burst = Math.max(1, Math.min(max - 1, Math.floor(max * 0.8)))
        const scene = defaultQueue(t, { max, windowMs: 10_000, burst })
        const run = async ({ count, isParallel, afterMs, ...request }: (typeof plans)[0]) => {
          await pass(afterMs)
          const more = { ...request, maxWaitMs: 1e9 }
          await (isParallel
            ? scene.atOnce(count, request.program, more)
            : scene.inTurn(count, request.program, more))
        }
        await Promise.all(plans.map(run))
        const expected = plans.reduce((sum, { count }) => sum + count, 0)
        const most = scene.mostInAWindow()
        const got = scene.sent.length
        await scene.close()
        if (most > max) throw new Error(`${most} in a window of ${max}`)
        if (got !== expected) throw new Error(`${got} of ${expected} were sent`)
        sentInAll += got
      },
    ),
    { numRuns: RUNS },
  )
  t.ok(sentInAll > RUNS, `${sentInAll} requests`)
})

t.test('the forecast for the last of a burst agrees with its wait', async (t) => {
  for (const count of [1, 50, 90, 91, 100, 101, 105, 120, 150, 190, 191, 250, 400]) {
    const scene = defaultQueue(t, {})
    const burst = scene.atOnce(count - 1, 'me', { maxWaitMs: 1e9 })
    await pass(1)
    const forecast = scene.queue.forecast({
      account: 'a',
      consumer: 'me',
      priority: 'interactive',
      chargesDay: true,
      maxWaitMs: 1e9,
    })
    const last = scene.call('last', { consumer: 'me', maxWaitMs: 1e9 })
    await Promise.all([burst, last])
    const waitedMs = scene.waitsOf('last')[0] ?? Infinity
    const forecastMs = forecast.kind === 'permitted' ? forecast.waitMs : Infinity
    await scene.close()
    t.ok(Math.abs(waitedMs - forecastMs) < 1_500, `${count}: ${forecastMs} ms, waited ${waitedMs}`)
  }
})
