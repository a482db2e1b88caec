/**
 * The request-target, parsed once: which resource it names, and its normal form for the cache key. The
 * target that is forwarded stays what the client sent, byte for byte.
 */

import { isResourceName, type ResourceName } from './resource-name.js'

/** Why a target is refused instead of forwarded: two servers could take it for two different paths. */
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
  /** Only for `/RESOURCE` and `/RESOURCE/DIGITS` of a known resource, so not for a download. */
  readonly resource?: ResourceName
  /** The digits of `/RESOURCE/DIGITS`. */
  readonly id?: string
  /** The parameters for the key: in normal form and order where that is safe. */
  readonly query: readonly string[]
}

export interface AmbiguousTarget {
  readonly kind: 'ambiguous'
  readonly reason: Ambiguity
}

/** Parses the request-target of the request line. Never throws. */
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
 * The values of a parameter in any spelling: names are compared by their letters and digits, so no
 * encoding hides one, and a `;` counts as a separator like `&`. A parameter without `=` has the
 * value ''.
 */
export function parameterValues(target: Target, name: string): readonly string[] {
  const values: string[] = []
  for (const sent of target.query) {
    for (const part of sent.split(';')) {
      const parameter = normaliseEscapes(part)
      const equals = parameter.indexOf('=')
      const written = equals === -1 ? parameter : parameter.slice(0, equals)
      if (foldedName(written) === name)
        values.push(equals === -1 ? '' : parameter.slice(equals + 1))
    }
  }
  return values
}

function findAmbiguity(rawTarget: string, rawPath: string): Ambiguity | undefined {
  if (!rawTarget.startsWith('/')) return 'not-origin-form'
  // eslint-disable-next-line no-control-regex -- it looks for control characters
  if (/[\u0000-\u0020\u007f]/u.test(rawTarget)) return 'control-character'
  if (rawTarget.includes('#')) return 'fragment'
  // In a query, people type a stray % into a search: it stays as it is, also in the key.
  if (/%(?![0-9a-f]{2})/iu.test(rawPath)) return 'invalid-percent-encoding'
  if (/%00/u.test(rawTarget)) return 'control-character'
  if (/%(?:[01][0-9a-f]|7f)/iu.test(rawPath)) return 'control-character'
  if (/%(?:2f|5c)/iu.test(rawPath)) return 'encoded-separator'
  if (rawPath.includes('\\')) return 'backslash'
  if (rawPath.includes('//')) return 'empty-segment'
  // Some servers remove the parameters of a segment first: `..;x` is `..` there.
  if (/\/(?:\.|%2e){1,2}(?:(?:;|%3b)[^/]*)?(?:\/|$)/iu.test(rawPath)) return 'dot-segment'
  return undefined
}

function resourceOf(segments: readonly string[]): { resource?: ResourceName; id?: string } {
  const [name, id] = segments
  if (name === undefined || !isResourceName(name) || segments.length > 2) return {}
  if (id === undefined) return { resource: name }
  // Only digits are known to be an id: other segments may be verbs or formats of the API.
  return /^\d+$/u.test(id) ? { resource: name, id } : {}
}

/**
 * Plain parameters in an order that does not depend on how they were sent, except that parameters which
 * a server could take for the same name keep theirs: the first, the last or all of them may count.
 *
 * Any other query stays as it was sent. Brackets are lists with an order of their own; servers differ
 * in how they read a `;` or a stray `%`.
 */
function normaliseQuery(rawQuery: string): readonly string[] {
  if (rawQuery === '') return []
  if (ONE_PLAIN_PARAMETER.test(rawQuery)) return [rawQuery]
  const sent = rawQuery.split('&')
  const normal = sent.map((raw) => normaliseEscapes(raw))
  if (STRAY.test(rawQuery) || !normal.every((parameter) => PLAIN_NAME.test(parameter))) return sent
  return normal
    .map((parameter) => ({ parameter, name: foldedName(parameter.split('=', 1)[0] ?? '') }))
    .toSorted((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)))
    .map(({ parameter }) => parameter)
}

/** In normal form already: the fast path. */
const ONE_PLAIN_PARAMETER = /^[\w~-]+(?:=[^&;%]*)?$/u
/** What some servers take for a separator, and escapes that are invalid. */
const STRAY = /;|%(?![0-9a-f]{2})/iu
const PLAIN_NAME = /^[\w~-]+(?:=|$)/u

/**
 * Decodes escapes of unreserved characters and writes the others in upper case, which RFC 3986 §6.2.2
 * calls equivalent; and decodes the comma, because Intervals clients send lists both ways. `+` and
 * `%20` stay different: only forms, not URIs, take them for the same.
 */
function normaliseEscapes(raw: string): string {
  if (!raw.includes('%')) return raw
  return raw.replaceAll(/%[0-9a-f]{2}/giu, (escape) => {
    const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16))
    return /[\w.~,-]/u.test(character) ? character : escape.toUpperCase()
  })
}

/**
 * The letters and digits: `a[]`, `a%5B%5D` and `A` are the same, because PHP takes some of them for one
 * name. A wrong match costs at most a hit; a missed one, a wrong answer.
 */
function foldedName(name: string): string {
  return name.replaceAll(/%[0-9A-F]{2}|[^a-z0-9]/giu, '').toLowerCase()
}
