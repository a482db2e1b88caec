/**
 * Pauses: the upstream refused, so nothing of that scope is sent for a while. One refusal is one pause,
 * however many requests were in flight; when it is over, one request probes and the others wait for its
 * answer.
 *
 * Pure: state and now in, decision out.
 */

import type { Hold, PauseReason, TakeRequest } from './types.js'

/** A refusal that the HTTP client read from an upstream response. */
export interface RefusalFound {
  readonly reason: Exclude<PauseReason, 'by-hand'>
  readonly scope: string
  /** What Retry-After asked for, milliseconds. */
  readonly retryAfterMs: number | undefined
  /** The upstream's own words. */
  readonly message?: string
}

export interface Pause {
  readonly scope: string
  readonly reason: PauseReason
  /** Wall clock, for people and for restarts. */
  readonly sinceWallMs: number
  /** Monotonic; Infinity: until a person resumes. */
  readonly untilMs: number
  readonly durationMs: number
  /** Refusals in a row; the duration doubles with each. */
  readonly strikes: number
  /** The one request that tries, and when (monotonic) it left; null when none is out. */
  readonly probe: { readonly permit: number; readonly sinceMs: number } | null
  /** One sentence for the log and the status: cause and what to do. */
  readonly detail: string
}

/** Scope of everything that leaves by our address. */
export const WINDOW_SCOPE = 'window'
export const accountScope = (account: string): string => `account:${account}`

/** Those of these accounts that a pause of this scope stops. */
export const accountsIn = (
  scope: string,
  days: readonly { readonly account: string }[],
): readonly string[] =>
  days
    .map(({ account }) => account)
    .filter((account) => scope === WINDOW_SCOPE || scope === accountScope(account))

/** Only a person ends these: trying again is what gets an account banned. */
const NEEDS_PERSON: ReadonlySet<PauseReason> = new Set(['suspended', 'banned', 'unpaid', 'by-hand'])

const MAX_DOUBLINGS = 5

export interface Refused {
  readonly scope: string
  readonly reason: PauseReason
  /** How long the first one lasts. */
  readonly holdMs: number
  /** However often it doubles, no longer than this. Default: no bound. */
  readonly maxHoldMs?: number
  readonly detail: string
}

/** The pause after a refusal, given the one that is there. The second of one burst changes nothing. */
export function pauseAfter(
  current: Pause | undefined,
  refused: Refused,
  now: { readonly monotonicMs: number; readonly wallMs: number },
): Pause {
  const forPerson = NEEDS_PERSON.has(refused.reason)
  if (current !== undefined) {
    const isRunning = current.untilMs > now.monotonicMs
    const outranked = current.untilMs === Infinity || !forPerson
    if (isRunning && outranked && current.probe === null) return current
  }
  const strikes = (current?.strikes ?? 0) + 1
  const durationMs = forPerson
    ? Infinity
    : Math.min(
        refused.holdMs *
          2 ** Math.min(strikes - 1, refused.reason === 'too-fast' ? MAX_DOUBLINGS : 0),
        refused.maxHoldMs ?? Infinity,
      )
  return {
    scope: refused.scope,
    reason: refused.reason,
    sinceWallMs: now.wallMs,
    untilMs: now.monotonicMs + durationMs,
    durationMs,
    strikes,
    probe: null,
    detail: refused.detail,
  }
}

export type PauseVerdict =
  | { readonly kind: 'open' }
  | { readonly kind: 'probe' }
  | { readonly kind: 'paused'; readonly untilMs: number }
  /** One request is trying now; its answer may end the pause long before `untilMs`. */
  | { readonly kind: 'probing'; readonly untilMs: number }

/** Whether a request of this scope may be sent now, and whether it is then the probe. */
export function verdict(
  pause: Pause | undefined,
  nowMs: number,
  probeTimeoutMs: number,
): PauseVerdict {
  if (pause === undefined) return { kind: 'open' }
  if (nowMs < pause.untilMs) return { kind: 'paused', untilMs: pause.untilMs }
  if (pause.probe !== null && nowMs < pause.probe.sinceMs + probeTimeoutMs) {
    return { kind: 'probing', untilMs: pause.probe.sinceMs + probeTimeoutMs }
  }
  return { kind: 'probe' }
}

/**
 * The first of these pauses that holds the request back. A spent day is no reason not to ask
 * `/quota/`, and the answer to that does not end the pause.
 */
export function holdOf(
  pauses: readonly Pause[],
  { chargesDay }: Pick<TakeRequest, 'chargesDay'>,
  now: { readonly nowMs: number; readonly probeTimeoutMs: number },
): Hold | undefined {
  for (const pause of pauses) {
    if (!chargesDay && pause.reason === 'day-exceeded') continue
    const found = verdict(pause, now.nowMs, now.probeTimeoutMs)
    if (found.kind === 'open' || found.kind === 'probe') continue
    const { scope, reason } = pause
    const isProbed = found.kind === 'probing'
    return { kind: 'paused', scope, untilMs: found.untilMs, reason, isProbed }
  }
  return undefined
}
