/**
 * A request-target read once: which resource it names, and the normal form of it that goes into the
 * cache key. What is forwarded stays what the client sent, byte for byte.
 */

import { isResourceName, type ResourceName } from './resource-name.js'

/** Why a target is refused instead of forwarded: two readers could take it for two different paths. */
export const AMBIGUITIES = [
  'not-origin-form',
  'control-character',
  'fragment',
  'invalid-percent-encoding',
  'encoded-separator',
  'backslash',
  'empty-segment',
  'dot-segment',
] as const

export type Ambiguity = (typeof AMBIGUITIES)[number]

export interface Target {
  readonly kind: 'target'
  /** The path without the query and without one trailing slash; `/` for the root. */
  readonly path: string
  readonly segments: readonly string[]
  /** Set for `/RESOURCE` and `/RESOURCE/DIGITS` of a known resource only, so not for a download. */
  readonly resource?: ResourceName
  /** The digits of `/RESOURCE/DIGITS`. */
  readonly id?: string
  /** The parameters, for the key: in normal form and order where that is safe. */
  readonly query: readonly string[]
}

export interface AmbiguousTarget {
  readonly kind: 'ambiguous'
  readonly reason: Ambiguity
}

/** Reads the request-target as it stood in the request line. Never throws. */
export function parseTarget(rawTarget: string): Target | AmbiguousTarget {
  const mark = rawTarget.indexOf('?')
  const rawPath = mark === -1 ? rawTarget : rawTarget.slice(0, mark)
  const reason = findAmbiguity(rawTarget, rawPath)
  if (reason !== undefined) return { kind: 'ambiguous', reason }

  const path = rawPath.length > 1 && rawPath.endsWith('/') ? rawPath.slice(0, -1) : rawPath
  const segments = path === '/' ? [] : path.slice(1).split('/')
  const query = mark === -1 ? [] : normaliseQuery(rawTarget.slice(mark + 1))
  return { kind: 'target', path, segments, ...resourceOf(segments), query }
}

/**
 * The values of a parameter, whatever its spelling: a name is compared by its letters and digits, so
 * no encoding hides it, and neither does a `;` in the place of the `&`. One without `=` has the value
 * ''.
 */
export function parameterValues(target: Target, name: string): readonly string[] {
  return target.query
    .flatMap((parameter) => parameter.split(';'))
    .map((parameter) => normaliseEscapes(parameter))
    .filter((parameter) => foldedName(parameter) === name)
    .map((parameter) => parameter.slice(nameOf(parameter).length + 1))
}

function findAmbiguity(rawTarget: string, rawPath: string): Ambiguity | undefined {
  if (!rawTarget.startsWith('/')) return 'not-origin-form'
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u0020\u007f]/u.test(rawTarget)) return 'control-character'
  if (rawTarget.includes('#')) return 'fragment'
  // In a query a stray % is what people type into a search; it stays as it is, also in the key.
  if (/%(?![0-9a-f]{2})/iu.test(rawPath)) return 'invalid-percent-encoding'
  if (/%00/u.test(rawTarget)) return 'control-character'
  if (/%(?:[01][0-9a-f]|7f)/iu.test(rawPath)) return 'control-character'
  if (/%(?:2f|5c)/iu.test(rawPath)) return 'encoded-separator'
  if (rawPath.includes('\\')) return 'backslash'
  if (rawPath.includes('//')) return 'empty-segment'
  // Some servers take the parameters of a segment away first: `..;x` is `..` there.
  if (/\/(?:\.|%2e){1,2}(?:(?:;|%3b)[^/]*)?(?:\/|$)/iu.test(rawPath)) return 'dot-segment'
  return undefined
}

function resourceOf(segments: readonly string[]): { resource?: ResourceName; id?: string } {
  const [name, id, ...rest] = segments
  if (name === undefined || !isResourceName(name) || rest.length > 0) return {}
  if (id === undefined) return { resource: name }
  // Only digits are known to be an id: anything else may be a verb or a format of the API's own.
  return /^\d+$/u.test(id) ? { resource: name, id } : {}
}

/**
 * Plain parameters in an order that does not depend on how they were sent, except that those which a
 * server could take for the same name keep theirs: the first, the last or all of them may count there.
 *
 * Any other query stays as it was sent. Brackets are lists with an order of their own, a `;` or a
 * stray `%` is read differently by different servers: no order but the sender's is safe.
 */
function normaliseQuery(rawQuery: string): readonly string[] {
  const sent = rawQuery.split('&')
  const normal = sent.map((raw) => normaliseEscapes(raw))
  if (STRAY.test(rawQuery) || !normal.every((parameter) => PLAIN_NAME.test(nameOf(parameter)))) {
    return sent
  }
  return normal
    .map((parameter) => ({ parameter, name: foldedName(parameter) }))
    .toSorted((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)))
    .map(({ parameter }) => parameter)
}

/** What some readers take for a border between parameters, and escapes that are none. */
const STRAY = /;|%(?![0-9a-f]{2})/iu
const PLAIN_NAME = /^[\w~-]+$/u

/**
 * Escapes of unreserved characters are undone and the others written in upper case, which RFC 3986
 * §6.2.2 says changes nothing; the comma because Intervals clients send its lists both ways. `+` and
 * `%20` stay different: that they mean the same is a custom of forms, not of URIs.
 */
function normaliseEscapes(raw: string): string {
  return raw.replaceAll(/%[0-9a-f]{2}/giu, (escape) => {
    const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16))
    return /[\w.~,-]/u.test(character) ? character : escape.toUpperCase()
  })
}

function nameOf(parameter: string): string {
  const equals = parameter.indexOf('=')
  return equals === -1 ? parameter : parameter.slice(0, equals)
}

/**
 * Letters and digits only: `a[]`, `a%5B%5D` and `A` fold together, because PHP-like servers take some
 * of them for one name. Folding too much costs at most a hit; folding too little, a wrong answer.
 */
function foldedName(parameter: string): string {
  return nameOf(parameter)
    .replaceAll(/%[0-9A-F]{2}|[^a-z0-9]/giu, '')
    .toLowerCase()
}
