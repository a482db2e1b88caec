/** RateLimit and RateLimit-Policy for both limits (draft-ietf-httpapi-ratelimit-headers-10). */

import type { Clock, Usage } from '../../limits/index.js'

/** Counting the slots for each hit would cost more than the hit itself. */
const FRESH_FOR_MS = 100

/** The part of the ledger's usage that every client may see. */
export interface LimitUsage {
  readonly window: Pick<Usage['window'], 'held' | 'ceiling' | 'max' | 'windowMs' | 'releasesInMs'>
  readonly days: readonly Pick<
    Usage['days'][number],
    'account' | 'max' | 'used' | 'resetAtWallMs'
  >[]
}

export type LimitHeaders = Readonly<Record<'ratelimit' | 'ratelimit-policy', string>>

export type LimitHeadersOf = (account: string) => LimitHeaders

/** @throws what `usage` throws, while the ledger cannot say */
export function createLimitHeaders(usage: () => LimitUsage, clock: Clock): LimitHeadersOf {
  let atMs = -Infinity
  let known: LimitUsage | undefined
  let written = new Map<string, LimitHeaders>()
  return (account) => {
    const nowMs = clock.monotonicMs()
    if (known === undefined || nowMs - atMs > FRESH_FOR_MS) {
      known = usage()
      atMs = nowMs
      written = new Map()
    }
    let headers = written.get(account)
    if (headers === undefined) {
      headers = write(known, { account, wallMs: clock.wallMs() })
      written.set(account, headers)
    }
    return headers
  }
}

function write(
  { window, days }: LimitUsage,
  { account, wallMs }: { readonly account: string; readonly wallMs: number },
): LimitHeaders {
  const left = Math.max(0, window.ceiling - window.held)
  const firstMs = window.releasesInMs[0] ?? 0
  const limits = [`"minute";r=${left};t=${Math.ceil(firstMs / 1_000)}`]
  const policies = [`"minute";q=${window.max};w=${Math.ceil(window.windowMs / 1_000)}`]
  const day = days.find((one) => one.account === account)
  if (day !== undefined) {
    const resetSeconds = Math.max(0, Math.ceil((day.resetAtWallMs - wallMs) / 1_000))
    limits.push(`"day";r=${Math.max(0, day.max - day.used)};t=${resetSeconds}`)
    policies.push(`"day";q=${day.max};w=86400`)
  }
  return { ratelimit: limits.join(', '), 'ratelimit-policy': policies.join(', ') }
}
