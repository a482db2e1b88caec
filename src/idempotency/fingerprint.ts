/** Which request a key stands for, and under which name the key is kept. Pure. */

import { createHash, createHmac } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { formatOf } from '../cache/index.js'

/** Whose key it is: two of them never meet, whatever their keys are. */
export type KeyOwner =
  | { readonly kind: 'consumer'; readonly name: string }
  | { readonly kind: 'principal'; readonly id: string }

/**
 * What a key is kept under: a keyed hash, because a key may say something about the request. Of a
 * consumer with a key of its own it is the name that counts, so that a new Intervals token for it does
 * not make a repeat into a new request. 64 hex digits.
 */
export function recordIdOf(
  secret: Uint8Array,
  { upstreamUrl, owner, key }: { upstreamUrl: string; owner: KeyOwner; key: string },
): string {
  const who = owner.kind === 'consumer' ? owner.name : owner.id
  const parts = ['idempotency-key', upstreamUrl, owner.kind, who, key]
  return createHmac('sha256', secret).update(JSON.stringify(parts)).digest('hex')
}

/** Equal for a request and its repeat, and for nothing else. 64 hex digits. */
export function fingerprintOf(request: {
  readonly method: string
  readonly rawTarget: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer | null
}): string {
  const { method, rawTarget, headers, body } = request
  const head = [method, rawTarget, headers['content-type'] ?? null, formatOf(headers.accept)]
  // JSON has no NUL in it, so nothing can move from the one part into the other.
  const hash = createHash('sha256').update(`${JSON.stringify(head)}\0`)
  return hash.update(body ?? Buffer.alloc(0)).digest('hex')
}
