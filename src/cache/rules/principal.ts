/**
 * Who a credential speaks for, as a keyed hash: it can stand in a key, on disk or in a log without
 * giving the token away. Not authentication: whether the token is good, the upstream says.
 */

import { createHmac } from 'node:crypto'
import { LRUCache } from 'lru-cache'

export interface Principal {
  /** HMAC-SHA256 of the credential, 64 hex digits. */
  readonly id: string
  /** The first 8 hex digits of it, for logs. */
  readonly shortHash: string
}

export interface PrincipalsOptions {
  /** Key of the hash: at least 16 bytes, and the same after a restart if the store survives it. */
  readonly secret: () => Uint8Array
  /** How many credentials are remembered, so that each is hashed once. By default 10 000. */
  readonly maxCredentials?: number
}

export interface Principals {
  /** The principal of an Authorization header; all requests without one are one principal. */
  of(authorization: string | undefined): Principal
}

/** Longer headers are hashed each time: a bound in entries is a bound in bytes only if each has one. */
const MAX_REMEMBERED_LENGTH = 512
const MIN_SECRET_BYTES = 16

export function createPrincipals(options: PrincipalsOptions): Principals {
  const { secret, maxCredentials = 10_000 } = options
  const remembered = new LRUCache<string, Principal>({ max: maxCredentials })

  function hash(authorization: string): Principal {
    // The leading word keeps a token that looks like a header apart from that header.
    const username = basicUsername(authorization)
    const key = secret()
    if (key.byteLength < MIN_SECRET_BYTES) {
      throw new TypeError(`"secret" must have at least ${MIN_SECRET_BYTES} bytes`)
    }
    const hmac = createHmac('sha256', key)
    if (username === undefined) hmac.update('header\0').update(authorization)
    else hmac.update('username\0').update(username)
    const id = hmac.digest('hex')
    return { id, shortHash: id.slice(0, 8) }
  }

  return {
    of(authorization = '') {
      const known = remembered.get(authorization)
      if (known !== undefined) return known
      const principal = hash(authorization)
      if (authorization.length <= MAX_REMEMBERED_LENGTH) remembered.set(authorization, principal)
      return principal
    },
  }
}

/**
 * The username of Basic credentials (RFC 7617 §2): the Intervals token. The password is ignored there,
 * so `TOKEN:X` and `TOKEN:` are the same principal. Undefined when the header is anything else.
 */
export function basicUsername(authorization: string): Buffer | undefined {
  const base64 = /^basic +([a-z0-9+/]+={0,2})\s*$/iu.exec(authorization)?.[1]
  if (base64 === undefined) return undefined
  const decoded = Buffer.from(base64, 'base64')
  const colon = decoded.indexOf(':')
  return colon > 0 ? decoded.subarray(0, colon) : undefined
}
