/** The records of idempotency keys: in memory, on disk or on Redis. */

import type { HeaderRecord } from '../pipeline/headers.js'

/** How long a key stands for its request, from the moment when that was first about to be sent. */
export const KEY_TTL_MS = 24 * 3_600_000

export interface KeptAnswer {
  readonly status: number
  readonly headers: HeaderRecord
  readonly body: Buffer
}

export type KeyRecord =
  /** About to be sent, or sent. If no request of this process waits for it, its outcome is unknown. */
  | {
      readonly state: 'pending'
      readonly fingerprint: string
      /** Until then another replica may be waiting for its answer, epoch milliseconds. Default: none is. */
      readonly openUntilMs?: number
    }
  | {
      readonly state: 'answered'
      readonly fingerprint: string
      readonly status: number
      readonly finishedAtMs: number
      /** Undefined: it was too long, or had to make room. */
      readonly answer: KeptAnswer | undefined
    }

export interface RecordBounds {
  /** Keys. Past it no new one is taken: none is forgotten before its time. Default 100,000. */
  readonly maxRecords: number
  /** Headers and body of one answer; of a longer one only the status is kept. Default 1 MiB. */
  readonly maxAnswerBytes: number
  /** All answers together; the oldest make room, their keys stay. Default 128 MiB. */
  readonly maxBytes: number
}

export const RECORD_BOUNDS: RecordBounds = {
  maxRecords: 100_000,
  maxAnswerBytes: 1_048_576,
  maxBytes: 134_217_728,
}

/**
 * The port. Times are epoch milliseconds. What resolves is on disk, if there is one: neither a kill nor
 * a power cut undoes it.
 */
export interface KeyRecords {
  /** Undefined: there is none, or its time is over. */
  get(id: string, nowMs: number): KeyRecord | undefined | Promise<KeyRecord | undefined>
  /** Notes a request that is about to be sent. False: full, and nothing noted. Rejects a key that is taken. */
  begin(
    id: string,
    record: { readonly fingerprint: string; readonly expiresAtMs: number; readonly nowMs: number },
  ): Promise<boolean>
  /** Completes what `begin` noted; without a body only the status is kept. */
  complete(
    id: string,
    outcome: {
      readonly status: number
      readonly finishedAtMs: number
      readonly answer: KeptAnswer | undefined
    },
  ): Promise<void>
  /** The request was not carried out: its key is free again. */
  forget(id: string): Promise<void>
  /** Removes expired records, and returns how many. */
  sweep(nowMs: number): Promise<number>
  /** When the first place comes free; undefined while there is one. */
  fullUntilMs(nowMs: number): number | undefined
  usage(): { readonly records: number; readonly bytes: number }
  readonly bounds: RecordBounds
  /** Afterwards everything else rejects, or finds nothing. */
  close(): Promise<void>
}

/** Records that are at hand without a wait. */
export interface LocalKeyRecords extends KeyRecords {
  get(id: string, nowMs: number): KeyRecord | undefined
}

export class KeyTakenError extends Error {
  readonly code = 'KEY_TAKEN'
}

/** As counted against the bounds. */
export function answerBytes({ headers, body }: KeptAnswer): number {
  let bytes = body.length
  for (const [name, value] of Object.entries(headers)) {
    for (const one of [value].flat()) bytes += name.length + one.length
  }
  return bytes
}
