import { LRUCache } from 'lru-cache'

/**
 * Credentials that the upstream refused with 401 are not sent again for a short while: a misconfigured
 * app would spend the day on it. The gate opens by itself.
 */
export interface CredentialGate {
  /** Milliseconds until this credential may be tried again; undefined: now. */
  closedForMs(credential: string, nowMs: number): number | undefined
  refused(credential: string, nowMs: number): void
  accepted(credential: string): void
}

export interface CredentialGateOptions {
  /** First time closed, milliseconds; doubles with each refusal in a row. Default 5 s. */
  readonly firstMs?: number
  /** Longest time closed, milliseconds. Default 60 s. */
  readonly longestMs?: number
  /** Credentials remembered, at most. Default 10,000. */
  readonly maxCredentials?: number
}

export function createCredentialGate(options: CredentialGateOptions = {}): CredentialGate {
  const { firstMs = 5_000, longestMs = 60_000, maxCredentials = 10_000 } = options
  const refusals = new LRUCache<string, { untilMs: number; strikes: number }>({
    max: maxCredentials,
  })
  return {
    closedForMs(credential, nowMs) {
      const refusal = refusals.get(credential)
      if (refusal === undefined || refusal.untilMs <= nowMs) return undefined
      return refusal.untilMs - nowMs
    },
    refused(credential, nowMs) {
      const strikes = (refusals.get(credential)?.strikes ?? 0) + 1
      const closedMs = Math.min(longestMs, firstMs * 2 ** (strikes - 1))
      refusals.set(credential, { untilMs: nowMs + closedMs, strikes })
    },
    accepted(credential) {
      refusals.delete(credential)
    },
  }
}
