/**
 * Our own entity tags: the upstream's are unknown, and theirs would not tell two stored encodings apart.
 */

import { createHash } from 'node:crypto'
import { headerValues, type HeaderList } from './header-list.js'

/**
 * A strong tag (RFC 9110 §8.8.3): equal only for the same bytes under the same content type and
 * encoding. Quoted, 27 characters of base64url inside (162 bits of SHA-256).
 */
export function strongEtag(headers: HeaderList, body: Uint8Array): string {
  const type = headerValues(headers, 'content-type')
  const encoding = headerValues(headers, 'content-encoding')
  const hash = createHash('sha256')
    .update(JSON.stringify([type, encoding]))
    .update(body)
  return `"${hash.digest('base64url').slice(0, 27)}"`
}
