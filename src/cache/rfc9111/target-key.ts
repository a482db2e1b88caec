/** Which spellings of a request-target are one URI. */

/**
 * The target with escapes of unreserved characters undone and the others in upper case, which RFC 3986
 * §6.2.2 says changes nothing. For finding what a write outdates; an answer is served only to the
 * spelling that fetched it, so that what is forwarded is what was keyed.
 */
export function uriOf(target: string): string {
  return target.replaceAll(/%[0-9a-f]{2}/giu, (escape) => {
    const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16))
    return /[\w.~-]/u.test(character) ? character : escape.toUpperCase()
  })
}
