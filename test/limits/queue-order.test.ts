import t from 'tap'
import { queueWith, reasonOf } from './queue-setup.js'
import { pass } from './virtual-time.js'

t.test('with room and nobody before it: at once', async (t) => {
  const { many, order } = queueWith(t)
  const admissions = await many(8, '')
  t.ok(admissions.every((one) => one.kind === 'permitted'))
  t.same(order, ['0', '1', '2', '3', '4', '5', '6', '7'])
})

t.test('the more urgent class goes first', async (t) => {
  const { admit, many, fill, order } = queueWith(t)
  await fill()
  await Promise.all([
    many(2, 'b', { priority: 'background', consumer: 'x' }),
    many(3, 'i', { consumer: 'y' }),
    many(3, 'w', { priority: 'write', consumer: 'z' }),
  ])
  t.same(order.slice(0, 3), ['w0', 'w1', 'w2'])
  t.same(order.slice(3, 6), ['i0', 'i1', 'i2'])
  t.equal(order.length, 8)
  t.equal(reasonOf(await admit('last')), 'permitted')
})

t.test('inside a class consumers take turns, whoever came first', async (t) => {
  const { many, fill, order } = queueWith(t)
  await fill()
  await Promise.all([
    many(5, 'a', { consumer: 'a' }),
    many(2, 'b', { consumer: 'b' }),
    many(1, 'c', { consumer: 'c' }),
  ])
  t.same(order.slice(0, 3).toSorted(), ['a0', 'b0', 'c0'])
  t.same(order.slice(3, 5).toSorted(), ['a1', 'b1'])
  t.same(order.slice(5), ['a2', 'a3', 'a4'])
})

t.test('a consumer’s accounts are separate lines; a spent day blocks no other', async (t) => {
  const { admit, many, order } = queueWith(t, { max: 40, dayMax: 3 })
  await many(3, 'a')
  const [a, b] = await Promise.all([admit('a3'), admit('b', { account: 'b' })])
  t.match(a, { kind: 'refused', reason: 'day-spent' })
  t.equal(b.kind, 'permitted')
  t.same(order, ['a0', 'a1', 'a2', 'b'])
})

t.test('behind 1,000 in the background another consumer’s call is next', async (t) => {
  const { admit, many, order, queue } = queueWith(t, { max: 10, windowMs: 300 })
  const hog = many(1_000, 'hog', { priority: 'background', consumer: 'hog', maxWaitMs: 1e6 })
  await pass(500)
  for (let i = 0; i < 5; i++) {
    const before = order.length
    const admission = await admit('me', { consumer: 'me' })
    t.equal(admission.kind, 'permitted')
    t.ok(order.length - before <= 2, `${order.length - before} left`)
  }
  t.ok(order.length > 10, 'and the background got on')
  await queue.close()
  t.equal((await hog).filter((one) => reasonOf(one) === 'closing').length, 1_000 - order.length + 5)
})

t.test('a backlog that is paid for does not make the next burst stand in line', async (t) => {
  const { many, queue } = queueWith(t, { max: 20, windowMs: 300, burst: 12 })
  await many(60, 'backlog')
  // A window later all of it is forgotten.
  await pass(350)
  const burst = many(12, 'burst')
  t.equal(queue.usage().waiting.interactive, 0, 'nobody had to get in line')
  t.ok((await burst).every((one) => one.kind === 'permitted'))
})

t.test('background is paced, never burst', async (t) => {
  const { many, queue, order } = queueWith(t, { max: 10, windowMs: 1_000 })
  const hog = many(50, 'hog', { priority: 'background', maxWaitMs: 1e6 })
  await pass(350)
  t.ok(order.length >= 2 && order.length <= 5, `${order.length} of a window of 10 in a third of it`)
  await queue.close()
  await hog
})

t.test('one consumer’s backlog leaves the last part of the window to others', async (t) => {
  const { many, admit, queue, order } = queueWith(t, { max: 20, windowMs: 2_000, burst: 12 })
  await admit('somebody', { consumer: 'somebody' })
  const hog = many(200, 'hog', { consumer: 'hog', maxWaitMs: 1e6 })
  await pass(300)
  t.ok(order.length >= 13 && order.length < 18, `${order.length} of 20 left at once`)
  const before = order.length
  t.equal((await admit('me', { consumer: 'me' })).kind, 'permitted')
  t.ok(order.length - before <= 2)
  await queue.close()
  await hog
})

t.test('a burst that fits into the window leaves whole', async (t) => {
  const { many, order } = queueWith(t, { max: 20, windowMs: 60_000, burst: 12 })
  await many(20, '')
  t.equal(order.length, 20)
})
