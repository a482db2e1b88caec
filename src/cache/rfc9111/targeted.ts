/**
 * A targeted field such as CDN-Cache-Control (RFC 9213): directives for the caches that it is addressed to,
 * as a Dictionary of RFC 9651. Those caches ignore Cache-Control and Expires then. A field that is empty or
 * malformed counts as absent.
 */

/** Of a directive; undefined for none, null for one that is none by the grammar, or of another type. */
export type Argument = string | undefined | null

const KEY = '[a-z*][a-z\\d_.*-]*'
const BARE_ITEM = [
  String.raw`-?\d{1,12}\.\d{1,3}`,
  String.raw`-?\d{1,15}`,
  String.raw`"(?:[ !#-[\]-~]|\\["\\])*"`,
  String.raw`[A-Za-z*][\w!#$%&'*+.^\x60|~:/-]*`,
  String.raw`:[A-Za-z\d+/=]*:`,
  String.raw`\?[01]`,
  String.raw`@-?\d{1,15}`,
  String.raw`%"(?:[ !#$&-~]|%[\da-f]{2})*"`,
].join('|')
const PARAMETERS = `(?:; *${KEY}(?:=(?:${BARE_ITEM}))?)*`
const ITEM = `(?:${BARE_ITEM})${PARAMETERS}`
const INNER_LIST = `\\( *(?:${ITEM}(?: +${ITEM})*)? *\\)${PARAMETERS}`
/** Sticky: each member is looked at from where the one before it ended. */
const MEMBER = new RegExp(
  `(${KEY})(?:=(?:(${BARE_ITEM})${PARAMETERS}|${INNER_LIST})|${PARAMETERS})`,
  'uy',
)
const COMMA = /[ \t]*,[ \t]*/uy

/** Directives whose argument is a list of field names, so a String (RFC 9213 §2.1). */
const WITH_FIELD_NAMES: ReadonlySet<string> = new Set(['no-cache', 'private'])

/** Undefined for a field that is to be ignored. Of a repeated key the last value counts. */
export function targetedDirectives(
  values: readonly string[],
): ReadonlyMap<string, readonly Argument[]> | undefined {
  const text = values.join(', ').trim()
  const directives = new Map<string, readonly Argument[]>()
  let at = 0
  while (at < text.length) {
    MEMBER.lastIndex = at
    const member = MEMBER.exec(text)
    if (member === null) return undefined
    const [matched, name = '', value] = member
    const hasOtherValue = value === undefined && matched.startsWith(`${name}=`)
    // A Boolean that is false says that the directive does not apply.
    if (value === '?0') directives.delete(name)
    else directives.set(name, [hasOtherValue ? null : argumentOf(name, value)])
    at += matched.length
    if (at === text.length) return directives
    COMMA.lastIndex = at
    const comma = COMMA.exec(text)
    if (comma === null) return undefined
    at += comma[0].length
  }
  // Empty, or with a comma at its end.
  return undefined
}

function argumentOf(name: string, value: string | undefined): Argument {
  if (value === undefined || value === '?1') return undefined
  if (/^-?\d+$/u.test(value)) return value
  if (!WITH_FIELD_NAMES.has(name)) return null
  return value.startsWith('"') ? value.slice(1, -1).replaceAll(/\\(.)/gu, '$1') : value
}
