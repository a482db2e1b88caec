/** An answer longer than an entry may be: a stream, for one of those who asked. */

import type { Readable } from 'node:stream'
import type { HeaderRecord } from './headers.js'

export interface OversizedAnswer {
  readonly status: number
  readonly headers: HeaderRecord
  readonly body: Readable
}

export interface Oversized {
  readonly kind: 'oversized'
  /** Undefined: somebody else has taken it. */
  readonly claim: () => OversizedAnswer | undefined
}

/** Nobody claims an oversized answer whose consumers have all gone. */
const CLAIM_WITHIN_MS = 1_000

export function oversized(answer: OversizedAnswer): Oversized {
  let isClaimed = false
  const timer = setTimeout(() => {
    if (!isClaimed) answer.body.destroy()
  }, CLAIM_WITHIN_MS)
  return {
    kind: 'oversized',
    claim() {
      if (isClaimed) return undefined
      isClaimed = true
      clearTimeout(timer)
      return answer
    },
  }
}
