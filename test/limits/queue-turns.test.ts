import t from 'tap'
import { defaultQueue } from './default-queue.js'
import { pass } from './virtual-time.js'
import { reasonOf } from './queue-setup.js'

const FULL = { max: 10, windowMs: 10_000, burst: 8 } as const

t.test('credentials take turns, whatever names their programs give themselves', async (t) => {
  const { call, atOnce, sent } = defaultQueue(t, FULL)
  await atOnce(10, 'first')
  const greedy = Array.from({ length: 20 }, (_, i) =>
    call(`job-${i}`, { credential: 'greedy', program: `job-${i}` }),
  )
  const honest = atOnce(3, 'honest', { credential: 'honest' })
  await Promise.all([...greedy, honest])
  const names = sent.slice(10).map(({ name }) => (name === 'honest' ? 'honest' : 'greedy'))
  t.equal(names.lastIndexOf('honest'), 5, `by turns: ${names.slice(0, 8).join(' ')}`)
})

t.test('the queue length is the credential’s, whatever names its programs have', async (t) => {
  const { call, atOnce, queue } = defaultQueue(t, { ...FULL, maxLengthPerConsumer: 5 })
  await atOnce(10, 'first')
  const calls = Array.from({ length: 8 }, (_, i) =>
    call(`job-${i}`, { credential: 'token', program: `job-${i}` }),
  )
  const other = call('other', { credential: 'other' })
  const reasons = (await Promise.all(calls)).map(reasonOf)
  t.equal(reasons.filter((reason) => reason === 'permitted').length, 5)
  t.equal(reasons.filter((reason) => reason === 'queue-full').length, 3)
  t.equal(reasonOf(await other), 'permitted')
  t.equal(queue.usage().byConsumer.size, 0)
})

t.test('programs of one credential take turns: the one with fewer calls goes first', async (t) => {
  const { atOnce, sent } = defaultQueue(t, FULL)
  await atOnce(10, 'first', { credential: 'other' })
  const of = (program: string) => ({ credential: 'token', program })
  await Promise.all([atOnce(6, 'a', of('a')), atOnce(2, 'b', of('b')), atOnce(1, 'c', of('c'))])
  const names = sent.slice(10).map(({ name }) => name)
  t.same(names.slice(0, 3).toSorted(), ['a', 'b', 'c'])
  t.same(names.slice(3, 5).toSorted(), ['a', 'b'])
  t.same(names.slice(5), ['a', 'a', 'a', 'a'])
})

t.test('16 programs of a credential have a turn; all others share one more', async (t) => {
  const { call, atOnce, sent } = defaultQueue(t, { max: 100, windowMs: 10_000 })
  await atOnce(100, 'first', { credential: 'other' })
  const calls = [1, 2].flatMap(() =>
    Array.from({ length: 40 }, (_, i) => call(`p${i}`, { credential: 'token', program: `p${i}` })),
  )
  await Promise.all(calls)
  const names = sent.slice(100).map(({ name }) => name)
  t.same(
    new Set(names.slice(0, 16)),
    new Set(Array.from({ length: 16 }, (_, i) => `p${i}`)),
    'each of the first 16 once',
  )
  const firstOfOthers = names.findIndex((name) => Number(name.slice(1)) >= 16)
  t.equal(firstOfOthers, 16, 'then one of all the others')
  t.same(new Set(names.slice(17, 33).map((name) => Number(name.slice(1)) < 16)), new Set([true]))
})

t.test('credentials that Intervals never accepted share one turn and one length', async (t) => {
  const limits = { ...FULL, maxLengthPerConsumer: 6 }
  const { call, atOnce, sent } = defaultQueue(t, limits)
  await atOnce(10, 'first', { credential: 'other' })
  const strangers = Array.from({ length: 10 }, (_, i) =>
    call('stranger', { credential: `guess-${i}`, isAccepted: false }),
  )
  const known = atOnce(3, 'known', { credential: 'known', isAccepted: true })
  const reasons = (await Promise.all(strangers)).map(reasonOf)
  await known
  t.equal(reasons.filter((reason) => reason === 'queue-full').length, 4)
  const names = sent.slice(10).map(({ name }) => name)
  t.equal(names.lastIndexOf('known'), 5, `by turns: ${names.join(' ')}`)
})

t.test('a client that disconnects leaves the queue, and its request is never sent', async (t) => {
  const { call, atOnce, ledger, sent } = defaultQueue(t, FULL)
  await atOnce(10, 'first')
  const gone = new AbortController()
  const writes = atOnce(5, 'write', { priority: 'write', signal: gone.signal })
  const staying = call('staying')
  await pass(500)
  gone.abort()
  t.same((await writes).map(reasonOf), Array(5).fill('abandoned'))
  t.equal(reasonOf(await staying), 'permitted')
  t.same(
    sent.slice(10).map(({ name }) => name),
    ['staying'],
  )
  t.equal(ledger.usage().days[0]?.used, 11)
})
