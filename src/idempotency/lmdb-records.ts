/** Keys on disk, in one LMDB file. Nothing of them is in memory but two counters. */

import { assertRoom } from '../storage/free-space.js'
import { openDatabase } from '../storage/open-database.js'
import { within } from '../storage/within.js'
import { answerBytes, KeyTakenError, RECORD_BOUNDS } from '../server/ports/key-records.js'
import type { KeptAnswer, LocalKeyRecords, RecordBounds } from '../server/ports/key-records.js'

/** Raised when a record changes its shape. */
const FORMAT = 1

/** A place in the order of expiry: answers stand under it, so the oldest come first. */
type Place = [expiresAtMs: number, id: string]

interface Kept {
  readonly fingerprint: string
  readonly expiresAtMs: number
  readonly outcome?: { readonly status: number; readonly finishedAtMs: number }
}

/** Removed in one transaction: the event loop stands still for that long. */
const SWEEP_AT_ONCE = 500

/**
 * Opens `path` (a file; LMDB puts a `-lock` beside it), or makes it. `secretCheck` tells whether ids
 * were made with the same secret: of others nothing would be found again.
 *
 * @throws FileFormatError when another version wrote it; any other error means that the file cannot
 *   be used, and so that keys were lost.
 */
export function openLmdbRecords(
  path: string,
  { secretCheck, ...options }: Partial<RecordBounds> & { readonly secretCheck: string },
): LocalKeyRecords {
  const bounds = { ...RECORD_BOUNDS, ...options }
  const { root, meta } = openDatabase(path, FORMAT)
  // A file without it has no records yet: they are written after.
  const writtenWith = meta.get('secretCheck')
  if (writtenWith === undefined) meta.putSync('secretCheck', secretCheck)
  else if (writtenWith !== secretCheck) {
    void root.close()
    throw new Error(`${path} was written with another secret.key`)
  }
  const records = root.openDB<Kept, string>({ name: 'records' })
  /** To the bytes of the answer. */
  const places = root.openDB<number, Place>({ name: 'places' })
  const answers = root.openDB<KeptAnswer, Place>({ name: 'answers' })
  let count = Number(meta.get('records') ?? 0)
  let bytes = Number(meta.get('bytes') ?? 0)
  let isClosed = false

  /** Inside a transaction only, as all that follow. */
  function dropAnswer(place: Place): void {
    bytes -= places.get(place) ?? 0
    places.putSync(place, 0)
    answers.removeSync(place)
  }

  function remove(place: Place): void {
    dropAnswer(place)
    places.removeSync(place)
    records.removeSync(place[1])
    count--
  }

  function sweep(nowMs: number): number {
    // A copy: a cursor does not survive that what it stands on is removed.
    const over = Array.from(places.getKeys({ end: [nowMs, '\uffff'], limit: SWEEP_AT_ONCE }))
    for (const place of over) remove(place)
    return over.length
  }

  function makeRoom(): void {
    while (bytes > bounds.maxBytes) {
      const oldest = Array.from(answers.getKeys({ limit: 32 }))
      if (oldest.length === 0) return
      for (const place of oldest) if (bytes > bounds.maxBytes) dropAnswer(place)
    }
  }

  /** The counters are written with what they count; see disk-store.ts of the cache. */
  async function change<T>(action: () => T): Promise<T> {
    if (isClosed) throw new Error('the records of idempotency keys are closed')
    assertRoom(path)
    const committed = root.transaction(() => {
      count = Number(meta.get('records') ?? 0)
      bytes = Number(meta.get('bytes') ?? 0)
      try {
        return action()
      } finally {
        meta.putSync('records', count)
        meta.putSync('bytes', bytes)
      }
    })
    const result = await within(committed)
    // Committed is enough against a kill; against a power cut it has to be on the disk.
    await within(root.flushed)
    return result
  }

  return {
    bounds,
    get(id, nowMs) {
      const record = isClosed ? undefined : records.get(id)
      if (record === undefined || record.expiresAtMs <= nowMs) return undefined
      const { fingerprint, expiresAtMs, outcome } = record
      if (outcome === undefined) return { state: 'pending', fingerprint }
      const answer = answers.get([expiresAtMs, id])
      return {
        state: 'answered',
        fingerprint,
        ...outcome,
        // With a body of its own: what LMDB hands out is a view of pages that will be written again.
        answer: answer === undefined ? undefined : { ...answer, body: Buffer.from(answer.body) },
      }
    },
    begin: (id, { fingerprint, expiresAtMs, nowMs }) =>
      change(() => {
        const present = records.get(id)
        if (present !== undefined && present.expiresAtMs > nowMs) {
          throw new KeyTakenError('the key is taken')
        }
        if (present !== undefined) remove([present.expiresAtMs, id])
        if (count >= bounds.maxRecords) sweep(nowMs)
        if (count >= bounds.maxRecords) return false
        records.putSync(id, { fingerprint, expiresAtMs })
        places.putSync([expiresAtMs, id], 0)
        count++
        return true
      }),
    complete: (id, { status, finishedAtMs, answer }) =>
      change(() => {
        const record = records.get(id)
        if (record === undefined) return
        const { fingerprint, expiresAtMs } = record
        const place: Place = [expiresAtMs, id]
        dropAnswer(place)
        records.putSync(id, { fingerprint, expiresAtMs, outcome: { status, finishedAtMs } })
        if (answer === undefined) return
        const sizeBytes = answerBytes(answer)
        if (sizeBytes > bounds.maxAnswerBytes) return
        answers.putSync(place, answer)
        places.putSync(place, sizeBytes)
        bytes += sizeBytes
        makeRoom()
      }),
    forget: (id) =>
      change(() => {
        const record = records.get(id)
        if (record !== undefined) remove([record.expiresAtMs, id])
      }),
    async sweep(nowMs) {
      let swept = 0
      for (;;) {
        const now = await change(() => sweep(nowMs))
        swept += now
        if (now < SWEEP_AT_ONCE) return swept
      }
    },
    fullUntilMs(nowMs) {
      if (count < bounds.maxRecords) return undefined
      const [first] = Array.from(places.getKeys({ limit: 1 }))
      return first === undefined || first[0] <= nowMs ? undefined : first[0]
    },
    usage: () => ({ records: count, bytes }),
    async close() {
      if (isClosed) return
      isClosed = true
      await root.flushed
      await root.close()
    },
  }
}
