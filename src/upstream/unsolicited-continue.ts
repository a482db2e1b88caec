/**
 * Removes `100 Continue` in front of a response. The proxy never sends Expect, so each one is
 * unsolicited: RFC 9110 §15.2 asks a client to ignore it, and undici ends the connection instead.
 */

const START = Buffer.from('HTTP/1.1 100')
/** The minor version: 1.0 and 1.1 both occur. */
const MINOR_AT = 7
const END = '\r\n\r\n'

/** Of all interim heads together. undici rejects more. */
const MAX_HEAD_BYTES = 4_096

/** What follows the interim heads; undefined while it takes more bytes to tell. */
export function withoutContinue(bytes: Buffer): Buffer | undefined {
  let rest = bytes
  while (beginsContinue(rest)) {
    const end = rest.indexOf(END)
    if (end === -1) return bytes.length < MAX_HEAD_BYTES ? undefined : rest
    rest = rest.subarray(end + END.length)
  }
  return rest
}

/** Also true for the first bytes of such a head, and for no bytes at all. */
function beginsContinue(bytes: Buffer): boolean {
  for (let at = 0; at < Math.min(bytes.length, START.length); at++) {
    if (at !== MINOR_AT && bytes[at] !== START[at]) return false
  }
  return true
}
