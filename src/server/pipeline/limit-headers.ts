/** RateLimit and RateLimit-Policy for both limits (draft-ietf-httpapi-ratelimit-headers-10). */

import type { Clock, Remaining } from '../../limits/index.js'

/** Counting the slots for each hit would cost more than the hit itself. */
const FRESH_FOR_MS = 100

export type LimitHeaders = Readonly<Record<'ratelimit' | 'ratelimit-policy', string>>

export type LimitHeadersOf = (account: string) => LimitHeaders

/** @throws what `remaining` throws, while the ledger cannot say */
export function createLimitHeaders(
  remaining: (account: string) => Remaining,
  clock: Clock,
): LimitHeadersOf {
  const written = new Map<string, { readonly atMs: number; readonly headers: LimitHeaders }>()
  return (account) => {
    const nowMs = clock.monotonicMs()
    const known = written.get(account)
    if (known !== undefined && nowMs - known.atMs <= FRESH_FOR_MS) return known.headers
    const headers = write(remaining(account), clock.wallMs())
    written.set(account, { atMs: nowMs, headers })
    return headers
  }
}

function write({ window, day }: Remaining, wallMs: number): LimitHeaders {
  const left = Math.max(0, window.ceiling - window.held)
  const limits = [`"minute";r=${left};t=${Math.ceil(window.nextInMs / 1_000)}`]
  const policies = [`"minute";q=${window.max};w=${Math.ceil(window.windowMs / 1_000)}`]
  if (day !== undefined) {
    const resetSeconds = Math.max(0, Math.ceil((day.resetAtWallMs - wallMs) / 1_000))
    limits.push(`"day";r=${Math.max(0, day.max - day.used)};t=${resetSeconds}`)
    policies.push(`"day";q=${day.max};w=86400`)
  }
  return { ratelimit: limits.join(', '), 'ratelimit-policy': policies.join(', ') }
}
