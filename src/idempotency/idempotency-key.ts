/**
 * The value of Idempotency-Key: a string of RFC 8941 §3.3.3, as draft-ietf-httpapi-idempotency-key-header
 * has it, or the same characters without quotes, as most clients send it. Both are the same key.
 */

export const MAX_KEY_CHARACTERS = 255

/** Printable ASCII, in which only the quote and the backslash are escaped. */
const QUOTED = /^"((?:[ !#-[\]-~]|\\["\\])*)"$/
/** Without what would be a second value or a parameter: Node joins repeated headers with a comma. */
const BARE = /^[!#-+\--:<-[\]-~]+$/

/** Undefined: it is neither, or empty, or too long. */
export function parseIdempotencyKey(value: string): string | undefined {
  const text = value.trim()
  const quoted = QUOTED.exec(text)?.[1]?.replaceAll(/\\(["\\])/g, '$1')
  const key = quoted ?? BARE.exec(text)?.[0]
  return key === undefined || key === '' || key.length > MAX_KEY_CHARACTERS ? undefined : key
}
