/**
 * What a request with an Idempotency-Key is told:
 *
 *     not known ──────────► first: it may go out, under this key
 *     known, other request ► reused
 *     on its way ─────────► waits for that one, then again from above
 *     answered ───────────► the first answer
 *     pending, and nobody here waits for it: sent by a process that died, or its answer
 *     was lost ───────────► unknown, and nothing goes out
 *
 * Whoever is first notes the key before sending; what is noted stays until it is certain that the
 * request was not carried out. So whatever dies when, no key is carried out twice.
 */

import type { Clock } from '../limits/index.js'
import { KEY_TTL_MS, KeyTakenError } from '../server/ports/key-records.js'
import type { KeptAnswer, KeyRecord, KeyRecords } from '../server/ports/key-records.js'

export type Claimed =
  | { readonly kind: 'first'; readonly turn: Turn }
  | { readonly kind: 'answered'; readonly answer: KeptAnswer }
  /** The key stands for another request. */
  | { readonly kind: 'reused' }
  /** The first is still on its way, and this one may not wait any longer. */
  | { readonly kind: 'in-flight' }
  /** Sent, and nobody knows whether it was carried out. */
  | { readonly kind: 'unknown' }
  /** Answered, but of the answer only the status is left. */
  | { readonly kind: 'not-kept'; readonly status: number }
  /** No place for another key. */
  | { readonly kind: 'full'; readonly retryAfterMs: number }
  /** Not known, but neither would it be if it had been used: records were lost. */
  | { readonly kind: 'lost'; readonly retryAfterMs: number }

/** Of the one request that goes out under a key. `end` is called last, whatever happened. */
export interface Turn {
  /** Before sending: resolves when no crash can forget it. False: no place. If it rejects, nothing may leave. */
  note(): Promise<boolean>
  /** Certainly not carried out; `note` may be called again. */
  free(): Promise<void>
  /** `answer` undefined: too long to keep. */
  answered(status: number, answer: KeptAnswer | undefined): Promise<void>
  /** Those who wait look again. */
  end(): void
}

export interface ClaimRequest {
  readonly id: string
  readonly fingerprint: string
  /** Monotonic; how long to wait for another one that is on its way. */
  readonly deadlineMs: number
  readonly signal: AbortSignal
}

export interface KeyBook {
  /** Rejects with the reason of the signal. */
  claim(request: ClaimRequest): Promise<Claimed>
  /** Resolves when nothing is on its way under any key. */
  whenIdle(): Promise<void>
  usage(): ReturnType<KeyRecords['usage']> & { readonly inFlight: number; readonly waiting: number }
  readonly maxAnswerBytes: number
  close(): Promise<void>
}

export interface KeyBookOptions {
  readonly records: KeyRecords
  readonly clock: Clock
  /** Requests that wait for others, all together. */
  readonly maxWaiting: number
  /** Epoch milliseconds, asked anew each time; see doubt.ts. */
  readonly inDoubtUntilMs?: number | (() => number)
  readonly onError: (error: unknown) => void
}

interface Flight {
  readonly fingerprint: string
  readonly ended: Promise<void>
}

const SWEEP_EVERY_MS = 60_000
/** Another replica's answer comes without a word to us. */
const LOOK_AGAIN_MS = 200

export function createKeyBook(options: KeyBookOptions): KeyBook {
  const { records, clock, maxWaiting, inDoubtUntilMs = 0, onError } = options
  const doubtUntilMs = (): number =>
    typeof inDoubtUntilMs === 'number' ? inDoubtUntilMs : inDoubtUntilMs()
  const flights = new Map<string, Flight>()
  const idle = new Set<() => void>()
  let waiting = 0
  const sweeper = setInterval(() => {
    records.sweep(clock.wallMs()).catch(onError)
  }, SWEEP_EVERY_MS)
  sweeper.unref()

  function takeTurn(id: string, fingerprint: string): Turn {
    let wake = (): void => {}
    const ended = new Promise<void>((resolve) => {
      wake = resolve
    })
    const flight: Flight = { fingerprint, ended }
    flights.set(id, flight)
    /** What is noted under this key is of this turn. A clock that was set back can make it another's. */
    let isOurs = false
    return {
      async note() {
        const nowMs = clock.wallMs()
        isOurs = true
        try {
          return await records.begin(id, {
            fingerprint,
            expiresAtMs: nowMs + KEY_TTL_MS,
            nowMs,
          })
        } catch (error) {
          // After another failure it may be there all the same.
          if (error instanceof KeyTakenError) isOurs = false
          throw error
        }
      },
      async free() {
        if (isOurs) await records.forget(id)
      },
      answered: (status, answer) =>
        records.complete(id, { status, finishedAtMs: clock.wallMs(), answer }),
      end() {
        // Out of the map before those who wait wake: they would wait for it again.
        if (flights.get(id) === flight) flights.delete(id)
        wake()
        if (flights.size > 0) return
        for (const resolve of idle) resolve()
        idle.clear()
      },
    }
  }

  /** Without a pause between the look at the flights and the turn: two would be first. */
  function settle({ id, fingerprint }: ClaimRequest, record: KeyRecord | undefined): Claimed {
    const nowMs = clock.wallMs()
    if (record === undefined) {
      if (nowMs < doubtUntilMs()) return { kind: 'lost', retryAfterMs: doubtUntilMs() - nowMs }
      const fullUntilMs = records.fullUntilMs(nowMs)
      if (fullUntilMs !== undefined) return { kind: 'full', retryAfterMs: fullUntilMs - nowMs }
      return { kind: 'first', turn: takeTurn(id, fingerprint) }
    }
    if (record.fingerprint !== fingerprint) return { kind: 'reused' }
    if (record.state === 'pending') return { kind: 'unknown' }
    const { answer, status } = record
    return answer === undefined ? { kind: 'not-kept', status } : { kind: 'answered', answer }
  }

  /** Another replica has sent it, and its answer may come yet. */
  function isElsewhere({ fingerprint }: ClaimRequest, record: KeyRecord | undefined): boolean {
    if (record?.state !== 'pending' || record.fingerprint !== fingerprint) return false
    return clock.wallMs() < (record.openUntilMs ?? -Infinity)
  }

  /** Counted among those who wait. */
  async function pause(ms: number, signal: AbortSignal): Promise<void> {
    waiting++
    try {
      await endOf(new Promise(() => {}), { leftMs: ms, signal })
    } finally {
      waiting--
    }
  }

  return {
    async claim(request) {
      for (;;) {
        request.signal.throwIfAborted()
        const flight = flights.get(request.id)
        const leftMs = request.deadlineMs - clock.monotonicMs()
        if (flight === undefined) {
          const record = await records.get(request.id, clock.wallMs())
          // Somebody may have been first meanwhile.
          if (flights.has(request.id)) continue
          if (!isElsewhere(request, record)) return settle(request, record)
          if (leftMs <= 0 || waiting >= maxWaiting) return { kind: 'in-flight' }
          await pause(Math.min(leftMs, LOOK_AGAIN_MS), request.signal)
          continue
        }
        if (flight.fingerprint !== request.fingerprint) return { kind: 'reused' }
        if (leftMs <= 0 || waiting >= maxWaiting) return { kind: 'in-flight' }
        waiting++
        try {
          await endOf(flight.ended, { leftMs, signal: request.signal })
        } finally {
          waiting--
        }
      }
    },
    whenIdle() {
      if (flights.size === 0) return Promise.resolve()
      return new Promise((resolve) => idle.add(resolve))
    },
    usage: () => ({ ...records.usage(), inFlight: flights.size, waiting }),
    maxAnswerBytes: records.bounds.maxAnswerBytes,
    async close() {
      clearInterval(sweeper)
      await records.close()
    },
  }
}

/** Resolves at the end of the flight or of the time, whichever is first. */
function endOf(
  ended: Promise<void>,
  { leftMs, signal }: { leftMs: number; signal: AbortSignal },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const gone = (): void => {
      clearTimeout(timer)
      reject(signal.reason as Error)
    }
    const finish = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', gone)
      resolve()
    }
    const timer = setTimeout(finish, Math.ceil(leftMs))
    signal.addEventListener('abort', gone, { once: true })
    void ended.finally(finish)
  })
}
