/** How long an answer is fresh, and how old it was when it came (RFC 9111 §4.2), for a shared cache. */

import { headerValues, type HeaderList } from '../rules/header-list.js'
import { deltaSeconds, splitList, type CachePolicy } from './directives.js'
import { parseHttpDate } from '../../http/http-date.js'

export interface Arrival {
  /** When the answer's headers came, epoch milliseconds. */
  readonly receivedAtWallMs: number
  /** From sending the request to that, milliseconds. */
  readonly delayMs: number
}

export interface Lifetime {
  /** Milliseconds from the moment of the answer's Date; 0 or less: never fresh. */
  readonly lifetimeMs: number
  /** The answer says so itself: it is not a guess of ours. */
  readonly isExplicit: boolean
}

/** Statuses that may be kept without being told for how long (RFC 9110 §15.1), of those we keep. */
const HEURISTIC_STATUSES: ReadonlySet<number> = new Set([
  200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501,
])
/** Share of the time since Last-Modified, the customary tenth (RFC 9111 §4.2.2). */
const HEURISTIC_SHARE = 0.1
/** A guess is believed for a day at most. */
const LONGEST_GUESS_MS = 86_400_000

export function lifetimeOf(
  answer: { readonly status: number; readonly headers: HeaderList; readonly policy: CachePolicy },
  arrival: Arrival,
): Lifetime {
  const { headers, policy } = answer
  const seconds = policy.sMaxAgeSeconds ?? policy.maxAgeSeconds
  if (seconds !== undefined) return { lifetimeMs: seconds * 1_000, isExplicit: true }
  const expires = new Set(policy.isTargeted ? [] : headerValues(headers, 'expires'))
  if (expires.size > 0) {
    return { lifetimeMs: expiresMs([...expires], headers, arrival), isExplicit: true }
  }
  return { lifetimeMs: guessMs(answer, arrival), isExplicit: false }
}

/** RFC 9111 §5.3: what is no date, `0` above all, is the past. So is what contradicts itself. */
function expiresMs(expires: readonly string[], headers: HeaderList, arrival: Arrival): number {
  const [text = ''] = expires
  const atMs = parseHttpDate(text, arrival.receivedAtWallMs)
  if (atMs === undefined || expires.length > 1) return 0
  return atMs - dateOf(headers, arrival.receivedAtWallMs)
}

function guessMs(
  answer: { readonly status: number; readonly headers: HeaderList; readonly policy: CachePolicy },
  { receivedAtWallMs }: Arrival,
): number {
  const { status, headers, policy } = answer
  if (!HEURISTIC_STATUSES.has(status) && !policy.isPublic) return 0
  const [text] = headerValues(headers, 'last-modified')
  const modifiedMs = text === undefined ? undefined : parseHttpDate(text, receivedAtWallMs)
  if (modifiedMs === undefined) return 0
  const sinceMs = dateOf(headers, receivedAtWallMs) - modifiedMs
  return Math.max(0, Math.min(sinceMs * HEURISTIC_SHARE, LONGEST_GUESS_MS))
}

export const isHeuristicStatus = (status: number): boolean => HEURISTIC_STATUSES.has(status)

/** When the answer was made, epoch milliseconds: its Date, or else when it came (RFC 9110 §6.6.1). */
export function dateOf(headers: HeaderList, receivedAtWallMs: number): number {
  const [text] = headerValues(headers, 'date')
  return (
    (text === undefined ? undefined : parseHttpDate(text, receivedAtWallMs)) ?? receivedAtWallMs
  )
}

/** How old the answer was when it came, milliseconds (RFC 9111 §4.2.3). */
export function initialAgeMs(headers: HeaderList, arrival: Arrival): number {
  const { receivedAtWallMs, delayMs } = arrival
  const apparentMs = Math.max(0, receivedAtWallMs - dateOf(headers, receivedAtWallMs))
  return Math.max(apparentMs, ageFieldSeconds(headers) * 1_000 + delayMs)
}

/** RFC 9111 §5.1: the first member counts; what is no number of seconds is as good as not there. */
function ageFieldSeconds(headers: HeaderList): number {
  const [first = ''] = splitList(headerValues(headers, 'age').join(','))
  return deltaSeconds(first) ?? 0
}
