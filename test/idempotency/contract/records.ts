import type { Test } from 'tap'
import {
  answerBytes,
  KEY_TTL_MS,
  type KeptAnswer,
  type KeyRecords,
  type RecordBounds,
} from '../../../src/server/ports/key-records.js'

export interface RecordsUnderTest {
  readonly name: string
  readonly open: (t: Test, bounds?: Partial<RecordBounds>) => KeyRecords
}

const NOW_MS = 1_773_144_000_000
const fingerprint = 'f'.repeat(64)
const idOf = (index: number): string => index.toString(16).padStart(64, '0')

export function answerOf(bodyBytes: number, fill = 'x'): KeptAnswer {
  return { status: 201, headers: {}, body: Buffer.alloc(bodyBytes, fill) }
}

export function begin(records: KeyRecords, id: string, nowMs = NOW_MS): Promise<boolean> {
  return records.begin(id, { fingerprint, expiresAtMs: nowMs + KEY_TTL_MS, nowMs })
}

const complete = (
  records: KeyRecords,
  id: string,
  answer: KeptAnswer | undefined,
  nowMs = NOW_MS,
) => records.complete(id, { status: 201, finishedAtMs: nowMs, answer })

/** What every implementation of the port has to do. */
export function recordsContract(t: Test, { name, open }: RecordsUnderTest): void {
  t.test(`${name}: pending, then answered, then over`, async (t) => {
    const records = open(t)
    const id = idOf(1)
    t.equal(await records.get(id, NOW_MS), undefined)
    t.equal(await begin(records, id), true)
    t.strictSame(await records.get(id, NOW_MS), { state: 'pending', fingerprint })
    const answer: KeptAnswer = {
      status: 201,
      headers: { 'content-type': 'text/plain', link: ['<a>', '<b>'], 'x-empty': '' },
      body: Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
    }
    await complete(records, id, answer, NOW_MS + 5)
    t.strictSame(await records.get(id, NOW_MS + KEY_TTL_MS - 1), {
      state: 'answered',
      fingerprint,
      status: 201,
      finishedAtMs: NOW_MS + 5,
      answer,
    })
    t.strictSame(records.usage(), { records: 1, bytes: answerBytes(answer) })
    t.equal(await records.get(id, NOW_MS + KEY_TTL_MS), undefined, 'over, though it is still there')
    t.equal(await begin(records, id, NOW_MS + KEY_TTL_MS), true, 'and in nobody’s way')
    t.strictSame(records.usage(), { records: 1, bytes: 0 })
  })

  t.test(`${name}: what was forgotten is free again, and a taken key is not`, async (t) => {
    const records = open(t)
    await begin(records, idOf(1))
    await t.rejects(begin(records, idOf(1)), { code: 'KEY_TAKEN' })
    await records.forget(idOf(1))
    t.equal(await records.get(idOf(1), NOW_MS), undefined)
    t.strictSame(records.usage(), { records: 0, bytes: 0 })
    t.equal(await begin(records, idOf(1)), true)
    await complete(records, idOf(1), answerOf(10))
    await t.rejects(begin(records, idOf(1)), { code: 'KEY_TAKEN' })
    await records.forget(idOf(1))
    t.strictSame(records.usage(), { records: 0, bytes: 0 })
    await records.forget(idOf(2))
    await complete(records, idOf(2), answerOf(1))
    t.equal(await records.get(idOf(2), NOW_MS), undefined, 'what was not begun cannot be completed')
    t.strictSame(records.usage(), { records: 0, bytes: 0 })
  })

  t.test(`${name}: never more records, and none goes before its time`, async (t) => {
    const records = open(t, { maxRecords: 20 })
    const taken: boolean[] = []
    for (let i = 0; i < 30; i++) taken.push(await begin(records, idOf(i), NOW_MS + i))
    t.equal(taken.filter(Boolean).length, 20)
    t.equal(records.usage().records, 20)
    for (let i = 0; i < 30; i++) t.equal((await records.get(idOf(i), NOW_MS)) !== undefined, i < 20)
    t.equal(records.fullUntilMs(NOW_MS), NOW_MS + KEY_TTL_MS)
    const laterMs = NOW_MS + KEY_TTL_MS + 4
    t.equal(records.fullUntilMs(laterMs), undefined, 'five are over')
    for (let i = 30; i < 40; i++) taken.push(await begin(records, idOf(i), laterMs))
    t.equal(taken.filter(Boolean).length, 25)
    t.equal(records.usage().records, 20)
    t.comment('40 keys tried, 25 taken, never more than 20 there')
  })

  t.test(`${name}: never more bytes; the oldest answers make room, their keys stay`, async (t) => {
    const records = open(t, { maxBytes: 1_000, maxAnswerBytes: 400 })
    let most = 0
    for (let i = 0; i < 50; i++) {
      await begin(records, idOf(i), NOW_MS + i)
      await complete(records, idOf(i), answerOf(100 + i), NOW_MS + i)
      most = Math.max(most, records.usage().bytes)
    }
    t.ok(most <= 1_000 && most > 800, `${most} bytes at most`)
    t.equal(records.usage().records, 50)
    const kept: boolean[] = []
    for (let i = 0; i < 50; i++) {
      const record = await records.get(idOf(i), NOW_MS + 50)
      t.match(record, { state: 'answered', status: 201 })
      kept.push(record?.state === 'answered' && record.answer !== undefined)
    }
    t.equal(kept.lastIndexOf(false), 50 - kept.filter(Boolean).length - 1, 'the newest are there')
    t.equal(kept.filter(Boolean).length, 6)
  })

  t.test(`${name}: a long answer is not kept, its status is`, async (t) => {
    const records = open(t, { maxAnswerBytes: 100 })
    for (const [i, [answer, isKept]] of (
      [
        [answerOf(100), true],
        [answerOf(101), false],
        [{ ...answerOf(90), headers: { name: 'value!!' } }, false],
        [{ ...answerOf(90), headers: { name: 'value!' } }, true],
        [undefined, false],
      ] as const
    ).entries()) {
      await begin(records, idOf(i))
      await complete(records, idOf(i), answer)
      const record = await records.get(idOf(i), NOW_MS)
      t.equal(record?.state === 'answered' && record.answer !== undefined, isKept, `${i}`)
      t.match(record, { status: 201 })
    }
    t.strictSame(records.usage(), { records: 5, bytes: 200 })
  })

  t.test(`${name}: what is over is swept, with its answer; the rest stays`, async (t) => {
    const records = open(t)
    const ids = Array.from({ length: 1_100 }, (_, i) => idOf(i))
    await Promise.all(ids.map((id, i) => begin(records, id, NOW_MS + i)))
    await Promise.all(ids.slice(0, 50).map((id) => complete(records, id, answerOf(10))))
    t.equal(await records.sweep(NOW_MS + KEY_TTL_MS - 1), 0)
    t.equal(await records.sweep(NOW_MS + KEY_TTL_MS + 1_049), 1_050)
    t.strictSame(records.usage(), { records: 50, bytes: 0 })
    t.equal(await records.get(idOf(1_049), NOW_MS), undefined)
    t.match(await records.get(idOf(1_050), NOW_MS), { state: 'pending' })
  })

  t.test(`${name}: a key that was noted under a wrong clock blocks no other`, async (t) => {
    const records = open(t, { maxRecords: 3 })
    const yearMs = 365 * KEY_TTL_MS
    await begin(records, idOf(1), NOW_MS + yearMs)
    await begin(records, idOf(2), NOW_MS)
    await begin(records, idOf(3), NOW_MS)
    t.equal(records.fullUntilMs(NOW_MS), NOW_MS + KEY_TTL_MS)
    t.equal(await records.sweep(NOW_MS + KEY_TTL_MS), 2)
  })

  t.test(`${name}: closed, it takes and gives nothing`, async (t) => {
    const records = open(t)
    await begin(records, idOf(1))
    await records.close()
    await t.rejects(begin(records, idOf(2)))
    await t.rejects(complete(records, idOf(1), answerOf(1)))
    await t.rejects(records.forget(idOf(1)))
    await t.rejects(records.sweep(NOW_MS))
    t.equal(await records.get(idOf(1), NOW_MS), undefined)
  })
}
