/** Retry-After, both ways (RFC 9110 §10.2.3). */

/** Milliseconds from now that a Retry-After asks for; undefined where it says nothing usable. */
export function parseRetryAfter(value: string | undefined, wallMs: number): number | undefined {
  if (value === undefined) return undefined
  const text = value.trim()
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000
  const date = Date.parse(text)
  if (Number.isNaN(date) || !/[a-z]/i.test(text)) return undefined
  return Math.max(0, date - wallMs)
}

/** Whole seconds, rounded up, at least 1: earlier would be in vain. */
export function retryAfterSeconds(waitMs: number): number {
  return Math.max(1, Math.ceil(waitMs / 1_000))
}
