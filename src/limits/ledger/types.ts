/**
 * The words of this folder: who asks (`TakeRequest`), what the ledger says (`Decision`), what was
 * given (`Permit`) and how it ended (`PermitEnd`).
 */

import type { PauseReason } from './pause-rules.js'

/** Urgency of a request, most urgent first. */
export const PRIORITIES = ['write', 'interactive', 'background'] as const
export type Priority = (typeof PRIORITIES)[number]

/**
 * A clock that is handed in. Tests drive it by hand.
 *
 * `monotonicMs` never steps back and goes on across restarts of the process while the machine is
 * up; `bootId` names that stretch (null where the system does not tell: then nothing is assumed to
 * have passed). `wallMs` is UTC in epoch milliseconds and may step.
 */
export interface Clock {
  readonly bootId: string | null
  monotonicMs(): number
  wallMs(): number
}

/** What a request asks of the ledger. */
export interface TakeRequest {
  readonly account: string
  /** `GET /quota/` is not charged to the day (documented upstream), everything else is. */
  readonly chargesDay: boolean
  /** Who asks, for its share of the day. Default: nobody with a share. */
  readonly consumer?: string
  /** Default interactive. */
  readonly priority?: Priority
  /** What is asked for, for the spending book. Default `other`. */
  readonly resource?: string
}

/** Leave for exactly one request to be written to the wire. */
export interface Permit {
  readonly id: number
  readonly slot: number
  readonly account: string
  /** Who spends it, and on what: for shares and for the spending book. */
  readonly consumer: string
  readonly resource: string
  /** UTC days (YYYY-MM-DD) that this permit was charged to; two around midnight. */
  readonly days: readonly string[]
  readonly takenAtMs: number
  /** The same by the upstream's clock, epoch milliseconds. */
  readonly takenAtWallMs: number
  /** Monotonic; past it the permit may not be used any more. */
  readonly sendByMs: number
}

/**
 * How a permit ended.
 * - `answered`: response headers arrived; whatever the upstream counted, it counted before now.
 * - `dead`: written, and the socket is gone without an answer; the upstream may count it yet.
 * - `unsent`: not one byte of it was written; everything is given back.
 */
export type PermitEnd = 'answered' | 'dead' | 'unsent'

/** Why the ledger does not give a permit now. */
export type Decision =
  | { readonly kind: 'permitted'; readonly permit: Permit }
  /** The window is full; `untilMs` (monotonic) is when the next slot is sure to be free, if known. */
  | { readonly kind: 'wait'; readonly untilMs: number | undefined }
  /** The day of this account is spent; `untilMs` (monotonic) is when the next one begins. */
  | { readonly kind: 'day-spent'; readonly untilMs: number }
  /** What is left of the day is kept for others; at `untilMs` (monotonic) enough of it is lent. */
  | { readonly kind: 'day-kept'; readonly untilMs: number }
  /** What the upstream has counted today is not known; ask `/quota/` first, or go on at `untilMs`. */
  | { readonly kind: 'ask-quota'; readonly untilMs: number }
  /** The upstream refused; Infinity means that a person has to resume. */
  | {
      readonly kind: 'paused'
      readonly scope: string
      readonly untilMs: number
      readonly reason: PauseReason
      /** One request tries just now: what it brings may end the pause long before `untilMs`. */
      readonly isProbed: boolean
    }

/** Why a request was not let out. One closed list for answers, metrics, logs and tests. */
export const REFUSALS = [
  'queue-full',
  'wait-too-long',
  'deadline',
  'day-spent',
  /** What is left of the day is kept for other consumers or for more urgent requests. */
  'day-kept',
  'paused',
  /** The ledger could not write; nothing leaves before it can. */
  'ledger-unavailable',
  'closing',
  'abandoned',
] as const
export type RefusalReason = (typeof REFUSALS)[number]
