/** RateLimit and RateLimit-Policy for both limits (draft-ietf-httpapi-ratelimit-headers-10). */

import type { Usage } from '../../limits/index.js'
import type { Services } from '../services.js'

/** Counting the slots for each hit would cost more than the hit, and so would writing the same text. */
const FRESH_FOR_MS = 100

export interface LimitFacts {
  readonly deps: Pick<Services['deps'], 'clock'>
  readonly ledger: { usage(): LimitUsage }
}

/** What of the ledger's usage is told to everybody. */
export interface LimitUsage {
  readonly window: Pick<Usage['window'], 'held' | 'ceiling' | 'max' | 'windowMs' | 'releasesInMs'>
  readonly days: readonly Pick<
    Usage['days'][number],
    'account' | 'max' | 'used' | 'resetAtWallMs'
  >[]
}

export type LimitHeaders = Readonly<Record<'ratelimit' | 'ratelimit-policy', string>>

interface Remembered {
  readonly atMs: number
  readonly usage: LimitUsage
  readonly byAccount: Map<string, LimitHeaders>
}

const remembered = new WeakMap<LimitFacts, Remembered>()

export function limitHeaders(services: LimitFacts, account: string): LimitHeaders {
  const { deps, ledger } = services
  const nowMs = deps.clock.monotonicMs()
  let known = remembered.get(services)
  if (known === undefined || nowMs - known.atMs > FRESH_FOR_MS) {
    known = { atMs: nowMs, usage: ledger.usage(), byAccount: new Map() }
    remembered.set(services, known)
  }
  const written = known.byAccount.get(account)
  if (written !== undefined) return written
  const headers = write(known.usage, { account, wallMs: deps.clock.wallMs() })
  known.byAccount.set(account, headers)
  return headers
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
