/**
 * The types of this folder: a request (`TakeRequest`), the ledger's answer (`Decision`), the permit to
 * send one request (`Permit`) and its end (`PermitEnd`).
 */

/** What the upstream said, or an operator. The closed list serves status, log, metrics and tests. */
export const PAUSE_REASONS = [
  'too-fast',
  'day-exceeded',
  'suspended',
  'banned',
  'unpaid',
  'by-hand',
] as const
export type PauseReason = (typeof PAUSE_REASONS)[number]

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

/** A request, as far as the ledger needs to know it. */
export interface TakeRequest {
  readonly account: string
  /** `GET /quota/` is not charged to the day (documented upstream), everything else is. */
  readonly chargesDay: boolean
  /** Consumer, for its share of the day. Default: a consumer without one. */
  readonly consumer?: string
  /** For turns among replicas. Default: the consumer. */
  readonly credential?: string
  /** Default interactive. */
  readonly priority?: Priority
  /** Resource, for the spending book. Default `other`. */
  readonly resource?: string
}

/** Permission to send exactly one request. */
export interface Permit {
  readonly id: number
  readonly slot: number
  readonly account: string
  /** For shares and for the spending book. */
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

/** Why the ledger gives no permit now. All times are monotonic. */
export type Hold =
  /** The window is full; `untilMs` is when the next slot is sure to be free, if known. */
  | { readonly kind: 'wait'; readonly untilMs: number | undefined }
  /** The day of this account is spent; `untilMs` is when the next one begins. */
  | { readonly kind: 'day-spent'; readonly untilMs: number }
  /** The rest of the day is kept for others; at `untilMs` enough of it is lent. */
  | { readonly kind: 'day-kept'; readonly untilMs: number }
  /** The upstream's count of today is not known; requests wait for `/quota/` until `untilMs`. */
  | { readonly kind: 'ask-quota'; readonly untilMs: number }
  /** The upstream refused, or an operator paused; Infinity: until an operator resumes. */
  | {
      readonly kind: 'paused'
      readonly scope: string
      readonly untilMs: number
      readonly reason: PauseReason
      /** One request is trying now: its answer may end the pause long before `untilMs`. */
      readonly isProbed: boolean
    }

export type Decision = { readonly kind: 'permitted'; readonly permit: Permit } | Hold

/** Why a request was not sent. One closed list for answers, metrics, logs and tests. */
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
