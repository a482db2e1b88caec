import { setMaxListeners } from 'node:events'
import t from 'tap'
import { until } from './real-clock.js'
import { queueWith, reasonOf, retryOf } from './queue-setup.js'
import { replacing } from './setup.js'
import { pass, timed, timerCount } from './virtual-time.js'

const waitingOf = (queue: ReturnType<typeof queueWith>['queue']) =>
  Object.values(queue.usage().waiting).reduce((sum, count) => sum + count, 0)

t.test('full: in total, and for one consumer', async (t) => {
  const { queue, admit, many, fill } = queueWith(t, {
    windowMs: 10_000,
    maxLength: 5,
    maxLengthPerConsumer: 3,
  })
  await fill()
  const first = many(3, 'a', { consumer: 'a' })
  await pass(5)
  const fourth = await admit('a', { consumer: 'a' })
  t.equal(reasonOf(fourth), 'queue-full')
  t.ok(retryOf(fourth) > 0 && retryOf(fourth) <= 15_000)
  const second = many(2, 'b', { consumer: 'b' })
  await pass(5)
  t.equal(reasonOf(await admit('c', { consumer: 'c' })), 'queue-full')
  t.same(
    queue.usage().byConsumer,
    new Map([
      ['a', 3],
      ['b', 2],
    ]),
  )
  await queue.close()
  t.same((await Promise.all([first, second])).flat().map(reasonOf), Array(5).fill('closing'))
})

t.test('foreseeably too late: told at once, and the time given is true', async (t) => {
  const { admit, fill } = queueWith(t, { windowMs: 300 })
  await fill()
  for (const request of [{}, { priority: 'write' }, { priority: 'background' }] as const) {
    const { result, tookMs } = await timed(() =>
      admit('x', { ...request, maxWaitMs: 50, consumer: 'x' }),
    )
    t.equal(reasonOf(result), 'wait-too-long')
    t.equal(tookMs, 0)
  }
  const refused = await admit('x', { maxWaitMs: 0, consumer: 'x' })
  await pass(retryOf(refused) + 2)
  t.equal(reasonOf(await admit('x', { maxWaitMs: 50, consumer: 'x' })), 'permitted')
})

t.test('the deadline holds, whatever the forecast said', async (t) => {
  const { queue, ledger, admit } = queueWith(t, { max: 2, windowMs: 100 })
  // All slots are out and do not come back: the forecast can only guess.
  for (let i = 0; i < 2; i++) await ledger.take({ account: 'a', chargesDay: false })
  const { result, tookMs } = await timed(() => admit('x', { maxWaitMs: 600 }))
  t.equal(reasonOf(result), 'deadline')
  t.equal(tookMs, 600)
  t.equal(waitingOf(queue), 0)
})

t.test('a wait longer than a timer of Node can be is no wait of 1 ms', async (t) => {
  const { admit, fill } = queueWith(t, { windowMs: 100 })
  await fill()
  t.equal(reasonOf(await admit('x', { maxWaitMs: 2 ** 40 })), 'permitted')
})

t.test('who goes away leaves the queue and spends nothing', async (t) => {
  const { queue, ledger, admit, fill } = queueWith(t, { windowMs: 200 })
  t.equal(reasonOf(await admit('x', { signal: AbortSignal.abort() })), 'abandoned')
  await fill()
  const gone = new AbortController()
  const waiting = [1, 2, 3].map(() => admit('x', { signal: gone.signal }))
  const staying = admit('y')
  await pass(20)
  gone.abort()
  t.same((await Promise.all(waiting)).map(reasonOf), Array(3).fill('abandoned'))
  t.equal(reasonOf(await staying), 'permitted')
  t.equal(ledger.usage().days.find(({ account }) => account === 'a')?.used, 1)
  t.equal(waitingOf(queue), 0)
})

t.test('a permit for somebody who has gone meanwhile is given back', async (t) => {
  const inner = queueWith(t, { max: 10 }).ledger
  const gone = new AbortController()
  const { admit } = queueWith(t, {
    ledger: replacing(inner, {
      async take(request) {
        const decision = await inner.take(request)
        gone.abort()
        return decision
      },
    }),
  })
  t.equal(reasonOf(await admit('x', { signal: gone.signal })), 'abandoned')
  t.match(inner.usage(), { window: { held: 0, inFlight: 0 }, days: [{ used: 0 }] })
})

t.test('gone while the ledger said wait: not left behind in the queue', async (t) => {
  const inner = queueWith(t, { max: 10 }).ledger
  const gone = new AbortController()
  const { admit, queue } = queueWith(t, {
    ledger: replacing(inner, {
      async take() {
        gone.abort()
        return { kind: 'wait', untilMs: undefined }
      },
    }),
  })
  t.equal(reasonOf(await admit('x', { signal: gone.signal })), 'abandoned')
  t.equal(waitingOf(queue), 0)
})

t.test('10,000 who waited and went leave nothing behind', async (t) => {
  const { queue, admit, fill } = queueWith(t, { windowMs: 20_000 })
  await fill()
  await pass(10)
  const before = timerCount()
  const gone = new AbortController()
  setMaxListeners(0, gone.signal)
  const priorities = ['write', 'interactive', 'background'] as const
  const waiting = Array.from({ length: 10_000 }, (_, i) =>
    admit('x', {
      consumer: `consumer-${i % 700}`,
      account: `account-${i % 11}`,
      priority: priorities[i % 3] ?? 'write',
      maxWaitMs: 1e9,
      signal: gone.signal,
    }),
  )
  await until(() => waitingOf(queue) === 10_000, 'all wait')
  gone.abort()
  const reasons = (await Promise.all(waiting)).map(reasonOf)
  t.ok(reasons.every((reason) => reason === 'abandoned'))
  t.equal(waitingOf(queue), 0)
  t.same(queue.usage().byConsumer, new Map())
  t.equal(queue.usage().oldestWaitMs, 0)
  // The gate's sleeper, the pacer's turn and one timer per class may still run.
  t.ok(timerCount() - before <= 6, `${timerCount() - before} timers`)
  await queue.close()
  await until(() => timerCount() <= before + 1, 'timers cleared')
})

t.test('parking a line again and again keeps one timer', async (t) => {
  const { queue, ledger, admit } = queueWith(t, { max: 1_000, windowMs: 20_000 })
  ledger.pause({ scope: 'account:a', reason: 'too-fast', holdMs: 0, detail: '' })
  ledger.resume('account:a')
  ledger.refused({ reason: 'day-exceeded', scope: 'account:a', retryAfterMs: undefined })
  const paused = admit('x', { maxWaitMs: 1e9 })
  await pass(30)
  const before = timerCount()
  for (let i = 0; i < 200; i++) await admit('y', { account: 'b', consumer: `other-${i}` })
  await pass(30)
  t.ok(timerCount() - before <= 3, `${timerCount() - before} more timers`)
  await queue.close()
  t.equal(reasonOf(await paused), 'closing')
})

t.test('close tells everybody and stops everything', async (t) => {
  const { queue, admit, many, fill } = queueWith(t, { windowMs: 20_000 })
  await fill()
  const before = timerCount()
  const waiting = [
    many(20, 'b', { priority: 'background', maxWaitMs: 1e6 }),
    many(20, 'i', { maxWaitMs: 1e6 }),
    many(20, 'w', { priority: 'write', maxWaitMs: 1e6 }),
  ]
  await pass(50)
  await Promise.all([queue.close(), queue.close()])
  const reasons = (await Promise.all(waiting)).flat().map(reasonOf)
  t.same(new Set(reasons), new Set(['closing']))
  t.equal(reasonOf(await admit('late')), 'closing')
  await until(() => timerCount() <= before + 1, 'timers cleared')
})

t.test('a ledger that cannot write refuses, and unpaces', async (t) => {
  const inner = queueWith(t, { max: 10 }).ledger
  let isBroken = true
  const { admit } = queueWith(t, {
    ledger: replacing(inner, {
      take: (request) => (isBroken ? Promise.reject(new Error('disk')) : inner.take(request)),
    }),
  })
  for (let i = 0; i < 30; i++) t.equal(reasonOf(await admit('x')), 'ledger-unavailable')
  isBroken = false
  for (let i = 0; i < 8; i++) t.equal(reasonOf(await admit('x')), 'permitted')
})
