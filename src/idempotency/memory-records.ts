/** Keys for as long as the process lives; for a proxy without a data directory. */

import { answerBytes, KeyTakenError, RECORD_BOUNDS } from '../server/ports/key-records.js'
import type { KeptAnswer, LocalKeyRecords, RecordBounds } from '../server/ports/key-records.js'

interface Kept {
  readonly fingerprint: string
  readonly expiresAtMs: number
  outcome: { readonly status: number; readonly finishedAtMs: number } | undefined
  answer: KeptAnswer | undefined
}

export function createMemoryRecords(options: Partial<RecordBounds> = {}): LocalKeyRecords {
  const bounds = { ...RECORD_BOUNDS, ...options }
  // In the order of `begin`, which is the one in which they end as long as the clock is not set.
  const kept = new Map<string, Kept>()
  let bytes = 0
  let isClosed = false

  function dropAnswer(record: Kept): void {
    if (record.answer !== undefined) bytes -= answerBytes(record.answer)
    record.answer = undefined
  }

  function remove(id: string): void {
    const record = kept.get(id)
    if (record === undefined) return
    dropAnswer(record)
    kept.delete(id)
  }

  function sweep(nowMs: number): number {
    const over = [...kept].filter(([, { expiresAtMs }]) => expiresAtMs <= nowMs)
    for (const [id] of over) remove(id)
    return over.length
  }

  function makeRoom(): void {
    for (const record of kept.values()) {
      if (bytes <= bounds.maxBytes) return
      dropAnswer(record)
    }
  }

  function assertOpen(): void {
    if (isClosed) throw new Error('the records of idempotency keys are closed')
  }

  return {
    bounds,
    get(id, nowMs) {
      const record = kept.get(id)
      if (isClosed || record === undefined || record.expiresAtMs <= nowMs) return undefined
      const { fingerprint, outcome, answer } = record
      if (outcome === undefined) return { state: 'pending', fingerprint }
      return { state: 'answered', fingerprint, ...outcome, answer }
    },
    async begin(id, { fingerprint, expiresAtMs, nowMs }) {
      assertOpen()
      const present = kept.get(id)
      if (present !== undefined && present.expiresAtMs > nowMs) {
        throw new KeyTakenError('the key is taken')
      }
      remove(id)
      if (kept.size >= bounds.maxRecords) sweep(nowMs)
      if (kept.size >= bounds.maxRecords) return false
      kept.set(id, { fingerprint, expiresAtMs, outcome: undefined, answer: undefined })
      return true
    },
    async complete(id, { status, finishedAtMs, answer }) {
      assertOpen()
      const record = kept.get(id)
      if (record === undefined) return
      dropAnswer(record)
      record.outcome = { status, finishedAtMs }
      if (answer === undefined || answerBytes(answer) > bounds.maxAnswerBytes) return
      record.answer = answer
      bytes += answerBytes(answer)
      makeRoom()
    },
    async forget(id) {
      assertOpen()
      remove(id)
    },
    async sweep(nowMs) {
      assertOpen()
      return sweep(nowMs)
    },
    fullUntilMs(nowMs) {
      if (kept.size < bounds.maxRecords) return undefined
      const first = Math.min(...[...kept.values()].map(({ expiresAtMs }) => expiresAtMs))
      return first <= nowMs ? undefined : first
    },
    usage: () => ({ records: kept.size, bytes }),
    async close() {
      isClosed = true
    },
  }
}
