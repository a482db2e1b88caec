/**
 * What a body says about itself in the envelope that Intervals puts around every answer. The body is
 * looked at, never changed. Pure.
 */

/** A byte order mark, an XML declaration and the members in front of the rows. */
const HEAD_BYTES = 1_024
/** Members behind the rows. */
const TAIL_BYTES = 512

/** `error`: the envelope reports an error. Undefined: it is no envelope. */
export type Envelope = 'json' | 'xml' | 'error' | undefined

export function envelopeOf(body: Buffer): Envelope {
  const head = body.toString('latin1', 0, HEAD_BYTES)
  const start = /^(?:\u00ef\u00bb\u00bf)?\s*([{<])/u.exec(head)?.[1]
  if (start === '{') return jsonEnvelope(body, head)
  if (start !== '<' || !/<intervals[\s>]/u.test(head)) return undefined
  return body.includes('<error') || /<code>\s*[45]\d\d\s*</u.test(head) ? 'error' : 'xml'
}

/** Members of the envelope itself: before the first row, or behind the last one. */
const CODE_IN_HEAD = /^[^{]*\{[^{[]*"code"\s*:\s*"?([1-5]\d\d)\b/u
const CODE_IN_TAIL = /[\]}][^[\]{}]*"code"\s*:\s*"?([1-5]\d\d)\b[^[\]{}]*\}\s*$/u

function jsonEnvelope(body: Buffer, head: string): Envelope {
  // A quote inside a text is escaped, so this is a member, or a text that is exactly `error`.
  if (body.includes('"error"') && hasError(body)) return 'error'
  const tail = body.toString('latin1', Math.max(0, body.length - TAIL_BYTES))
  const code = CODE_IN_HEAD.exec(head)?.[1] ?? CODE_IN_TAIL.exec(tail)?.[1]
  if (code === undefined) return undefined
  return code >= '400' ? 'error' : 'json'
}

function hasError(body: Buffer): boolean {
  try {
    return Object.hasOwn(JSON.parse(body.toString('utf8')) as object, 'error')
  } catch {
    return true
  }
}
