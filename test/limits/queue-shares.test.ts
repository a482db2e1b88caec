import t from 'tap'
import type { Priority } from '../../src/limits/index.js'
import { queueWith, reasonOf, retryOf } from './queue-setup.js'
import { pass } from './virtual-time.js'

const sharesOf = (shares: Readonly<Record<string, number>>) => () => new Map(Object.entries(shares))

t.test('within its share of the window a consumer goes before every class', async (t) => {
  const { many, fill, order } = queueWith(t, { minuteShares: sharesOf({ app: 0.2 }) })
  await fill()
  await Promise.all([
    many(4, 'w', { priority: 'write', consumer: 'x' }),
    many(4, 'app', { consumer: 'app' }),
  ])
  t.same(order.slice(0, 2), ['app0', 'app1'], '20 % of 10, then like anybody else')
  t.same(order.slice(2), ['w0', 'w1', 'w2', 'w3', 'app2', 'app3'])
})

t.test('what of it is not asked for is anybody’s at once', async (t) => {
  const { many, order, ledger } = queueWith(t, {
    windowMs: 60_000,
    minuteShares: sharesOf({ app: 0.5 }),
  })
  await many(10, 'x', { priority: 'write', consumer: 'x' })
  t.equal(order.length, 10)
  t.equal(ledger.usage().window.held, 10)
})

t.test('writes first among those with a share, and consumers in turn', async (t) => {
  const { many, fill, order } = queueWith(t, { minuteShares: sharesOf({ a: 0.2, b: 0.3 }) })
  await fill()
  await Promise.all([
    many(2, 'a', { consumer: 'a' }),
    many(2, 'b', { consumer: 'b' }),
    many(1, 'bw', { consumer: 'b', priority: 'write' }),
    many(3, 'x', { consumer: 'x', priority: 'write' }),
  ])
  t.equal(order[0], 'bw0')
  t.same(order.slice(1, 3).toSorted(), ['a0', 'b0'])
  t.same(order.slice(3, 5).toSorted(), ['a1', 'b1'])
})

t.test('background requests neither use the share nor count against it', async (t) => {
  const { many, fill, order } = queueWith(t, { minuteShares: sharesOf({ app: 0.2 }) })
  await fill()
  await Promise.all([
    many(3, 'b', { consumer: 'app', priority: 'background' }),
    many(2, 'w', { consumer: 'x', priority: 'write' }),
  ])
  t.same(order.slice(0, 2), ['w0', 'w1'])
  await fill()
  await Promise.all([
    many(1, 'late', { consumer: 'x', priority: 'write' }),
    many(2, 'app', { consumer: 'app' }),
  ])
  t.same(order.slice(5), ['app0', 'app1', 'late0'])
})

t.test('a share is not refused for the others’ crowd: neither by time nor by number', async (t) => {
  const { queue, admit, many, fill } = queueWith(t, {
    windowMs: 600,
    maxLength: 200,
    minuteShares: sharesOf({ app: 0.2 }),
  })
  await fill()
  const crowd = many(200, 'x', { priority: 'write', consumer: 'x', maxWaitMs: 1e6 })
  await pass(5)
  const one = { consumer: 'app', maxWaitMs: 5_000 }
  t.equal(reasonOf(await admit('y', { ...one, consumer: 'y' })), 'queue-full')
  const forecasts = [
    queue.forecastMs({ account: 'a', priority: 'interactive', chargesDay: true, ...one }),
  ]
  const admissions = await Promise.all([admit('app', one), admit('app', one), admit('app', one)])
  t.same(admissions.map(reasonOf).toSorted(), ['permitted', 'permitted', 'queue-full'])
  t.ok((forecasts[0] ?? 0) <= 650, `forecast ${forecasts[0]}`)
  await queue.close()
  await crowd
})

t.test(
  'the forecast of the third of a share of two is a window later, not the crowd’s end',
  async (t) => {
    const { queue, admit, many, fill } = queueWith(t, {
      windowMs: 2_000,
      minuteShares: sharesOf({ app: 0.2 }),
    })
    await fill()
    const crowd = many(300, 'x', { priority: 'write', consumer: 'x', maxWaitMs: 1e6 })
    await pass(5)
    const mine = [0, 1].map(() => admit('app', { consumer: 'app', maxWaitMs: 1e6 }))
    await pass(5)
    const third = await admit('app', { consumer: 'app', maxWaitMs: 100 })
    t.equal(reasonOf(third), 'wait-too-long')
    t.ok(retryOf(third) > 2_000 && retryOf(third) < 5_000, `${retryOf(third)} ms`)
    const other = await admit('y', { consumer: 'y', maxWaitMs: 100, priority: 'background' })
    t.ok(retryOf(other) > 30_000, `${retryOf(other)} ms for somebody behind the crowd`)
    await queue.close()
    await Promise.all([...mine, crowd])
  },
)

t.test('a share that comes back with time is served, whoever holds the gate', async (t) => {
  const { many, queue, order } = queueWith(t, {
    max: 10,
    windowMs: 300,
    minuteShares: sharesOf({ app: 0.3 }),
  })
  const crowd = many(2_000, 'x', { priority: 'write', consumer: 'x', maxWaitMs: 1e6 })
  await many(9, 'app', { consumer: 'app', maxWaitMs: 1e6 })
  const others = order.filter((name) => name.startsWith('x')).length
  t.ok(others <= 40, `nine of a share of three a window, beside ${others} of a crowd`)
  await queue.close()
  await crowd
})

t.test('shares of the whole window: age frees everybody else all the same', async (t) => {
  const { admit, queue, order } = queueWith(t, {
    max: 10,
    windowMs: 200,
    agingMs: 200,
    minuteShares: sharesOf({ a: 0.5, b: 0.5 }),
  })
  let isOver = false
  const crowd = ['a', 'b'].flatMap((consumer) =>
    Array.from({ length: 10 }, async () => {
      while (!isOver) {
        if ((await admit('crowd', { consumer, priority: 'write' })).kind === 'refused') return
      }
    }),
  )
  await pass(250)
  const priorities: readonly Priority[] = ['write', 'interactive', 'background']
  const admissions = await Promise.all(
    priorities.map((priority) => admit(priority, { consumer: 'me', priority })),
  )
  t.same(admissions.map(reasonOf), Array(3).fill('permitted'))
  t.ok(order.filter((name) => name === 'crowd').length > 6)
  isOver = true
  await queue.close()
  await Promise.all(crowd)
})

t.test('a share that a reload gives or takes counts for the next turn', async (t) => {
  const shares: Record<string, number> = {}
  const { many, fill, order } = queueWith(t, {
    minuteShares: () => new Map(Object.entries(shares)),
  })
  await fill()
  const waiting = Promise.all([
    many(2, 'w', { priority: 'write', consumer: 'x' }),
    many(2, 'app', { consumer: 'app' }),
  ])
  await pass(20)
  shares['app'] = 0.2
  await waiting
  t.same(order, ['app0', 'app1', 'w0', 'w1'])
})
