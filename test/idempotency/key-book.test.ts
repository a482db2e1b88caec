import t, { type Test } from 'tap'
import { createKeyBook, type Turn } from '../../src/idempotency/key-book.js'
import { createMemoryRecords } from '../../src/idempotency/memory-records.js'
import { KEY_TTL_MS } from '../../src/server/ports/key-records.js'
import { testClock } from '../server/build.js'
import { until } from '../server/client.js'

function bookFor(t: Test, options: { maxWaiting?: number; inDoubtUntilMs?: number } = {}) {
  const clock = testClock()
  const records = createMemoryRecords({ maxRecords: 3 })
  const errors: unknown[] = []
  const onError = (error: unknown) => errors.push(error)
  const book = createKeyBook({ records, clock, maxWaiting: 10, onError, ...options })
  t.teardown(() => book.close())
  const never = new AbortController().signal
  const claim = (id: string, { fingerprint = 'f', waitMs = 0, signal = never } = {}) =>
    book.claim({ id, fingerprint, deadlineMs: clock.monotonicMs() + waitMs, signal })
  const first = async (id: string): Promise<Turn> => {
    const claimed = await claim(id)
    if (claimed.kind !== 'first') throw new Error(`${id} is ${claimed.kind}`)
    return claimed.turn
  }
  return { clock, records, book, claim, first }
}

const answer = { status: 201, headers: {}, body: Buffer.from('created') }
const LONG_MS = 600_000

t.test('first, in flight, answered, and after a day first again', async (t) => {
  const { claim, first, clock } = bookFor(t)
  const turn = await first('a')
  t.equal(await turn.note(), true)
  t.strictSame(await claim('a'), { kind: 'in-flight' })
  await turn.answered(201, answer)
  turn.end()
  t.strictSame(await claim('a'), { kind: 'answered', answer })
  clock.advance(KEY_TTL_MS - 60_000)
  t.strictSame(await claim('a'), { kind: 'answered', answer })
  clock.advance(60_000)
  t.match(await claim('a'), { kind: 'first' })
})

t.test('another request under the key is told so at once, at each stage', async (t) => {
  const { claim, first } = bookFor(t)
  const other = () => claim('a', { fingerprint: 'g', waitMs: LONG_MS })
  const turn = await first('a')
  t.strictSame(await other(), { kind: 'reused' })
  await turn.note()
  t.strictSame(await other(), { kind: 'reused' })
  await turn.answered(201, answer)
  turn.end()
  t.strictSame(await other(), { kind: 'reused' })
})

t.test('an end without an answer is unknown, one that was not carried out is free', async (t) => {
  const { claim, first } = bookFor(t)
  const lost = await first('a')
  await lost.note()
  lost.end()
  t.strictSame(await claim('a'), { kind: 'unknown' })
  const refused = await first('b')
  await refused.note()
  await refused.free()
  refused.end()
  const neverNoted = await first('b')
  neverNoted.end()
  t.match(await claim('b'), { kind: 'first' })
})

t.test('those who wait get the answer; if there is none, one of them is first', async (t) => {
  const { claim, first, book } = bookFor(t)
  const turn = await first('a')
  const waiting = [1, 2, 3].map(() => claim('a', { waitMs: LONG_MS }))
  await until(() => book.usage().waiting === 3, 'three that wait')
  await turn.note()
  await turn.free()
  turn.end()
  const next = await Promise.race(waiting)
  t.match(next, { kind: 'first' })
  t.equal(book.usage().waiting, 2, 'the others wait for that one')
  if (next.kind !== 'first') return
  await next.turn.note()
  await next.turn.answered(201, answer)
  next.turn.end()
  const kinds = (await Promise.all(waiting)).map(({ kind }) => kind)
  t.strictSame(kinds.toSorted(), ['answered', 'answered', 'first'])
})

t.test('waiting ends with its time, with its consumer, and is bounded', async (t) => {
  const { claim, first, book } = bookFor(t, { maxWaiting: 2 })
  const turn = await first('a')
  t.strictSame(await claim('a', { waitMs: 5 }), { kind: 'in-flight' })
  const consumer = new AbortController()
  const gone = claim('a', { waitMs: LONG_MS, signal: consumer.signal })
  const patient = claim('a', { waitMs: LONG_MS })
  await until(() => book.usage().waiting === 2, 'two that wait')
  t.strictSame(await claim('a', { waitMs: LONG_MS }), { kind: 'in-flight' }, 'no third one')
  consumer.abort(new Error('gone'))
  await t.rejects(gone, { message: 'gone' })
  await t.rejects(claim('b', { signal: consumer.signal }), { message: 'gone' })
  t.equal(book.usage().waiting, 1)
  let isIdle = false
  const idle = book.whenIdle().then(() => (isIdle = true))
  t.equal(isIdle, false)
  turn.end()
  t.match(await patient, { kind: 'first' })
  t.equal(book.usage().inFlight, 1)
  await idle
})

t.test('full: no new key, until the oldest is over', async (t) => {
  const { claim, first, clock } = bookFor(t)
  const late = await first('late')
  for (const id of ['a', 'b', 'c']) {
    const turn = await first(id)
    await turn.note()
    turn.end()
  }
  t.equal(await late.note(), false, 'it was first, but others were noted before')
  late.end()
  const full = await claim('d')
  t.equal(full.kind, 'full')
  t.ok(full.kind === 'full' && full.retryAfterMs > KEY_TTL_MS - 60_000)
  t.strictSame(await claim('a'), { kind: 'unknown' }, 'what is known is known')
  clock.advance(KEY_TTL_MS)
  t.match(await claim('d'), { kind: 'first' })
})

t.test('after a loss nothing new goes out for a day, and what is known is answered', async (t) => {
  const untilMs = Date.now() + KEY_TTL_MS
  const { claim, records, clock } = bookFor(t, { inDoubtUntilMs: untilMs })
  const nowMs = clock.wallMs()
  await records.begin('known', { fingerprint: 'f', expiresAtMs: nowMs + LONG_MS, nowMs })
  await records.complete('known', { status: 201, finishedAtMs: nowMs, answer })
  t.strictSame(await claim('known'), { kind: 'answered', answer })
  const lost = await claim('a')
  t.ok(lost.kind === 'lost' && lost.retryAfterMs <= KEY_TTL_MS && lost.retryAfterMs > 0)
  clock.advance(KEY_TTL_MS)
  t.match(await claim('a'), { kind: 'first' })
})

t.test('a key that is another one’s after all is not freed', async (t) => {
  const { claim, first, clock, records } = bookFor(t)
  const turn = await first('a')
  const nowMs = clock.wallMs()
  await records.begin('a', { fingerprint: 'f', expiresAtMs: nowMs + LONG_MS, nowMs })
  await t.rejects(turn.note(), { code: 'KEY_TAKEN' })
  await turn.free()
  turn.end()
  t.strictSame(await claim('a'), { kind: 'unknown' })
})
