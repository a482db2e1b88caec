/**
 * What an answer's Cache-Control says to a shared cache (RFC 9111 §5.2.2). Where it is malformed or
 * contradicts itself, the reading that stores less, and for less long, wins.
 */

import { headerValues, type HeaderList } from '../rules/header-list.js'
import { targetedDirectives, type Argument } from './targeted.js'

export interface CachePolicy {
  /** The targeted field that this cache obeys, in lower case; undefined: none (RFC 9213 §2.2). */
  readonly targetedField: string | undefined
  /** The directives come from that field, so Expires does not count. */
  readonly isTargeted: boolean
  readonly noStore: boolean
  /** `private` for the whole answer. */
  readonly isPrivate: boolean
  readonly isPublic: boolean
  /** `no-cache` for the whole answer: to be validated before each use. */
  readonly noCache: boolean
  readonly mustRevalidate: boolean
  readonly proxyRevalidate: boolean
  readonly mustUnderstand: boolean
  /** Freshness, seconds; 0 where the directive is malformed or contradicts itself. */
  readonly sMaxAgeSeconds?: number
  readonly maxAgeSeconds?: number
  /** RFC 5861, seconds. */
  readonly staleWhileRevalidateSeconds: number
  readonly staleIfErrorSeconds: number
  /** Fields named by `no-cache="..."` and `private="..."`, in lower case: not to be stored. */
  readonly unstoredFields: ReadonlySet<string>
}

const LONGEST_SECONDS = 2 ** 31
const TOKEN = /^[!#$%&'*+.^_`|~\w-]+$/u

/** `targetedField`: see CachePolicy; by default none. */
export function cachePolicy(headers: HeaderList, targetedField?: string): CachePolicy {
  const targeted =
    targetedField === undefined
      ? undefined
      : targetedDirectives(headerValues(headers, targetedField))
  const values = headerValues(headers, 'cache-control')
  const directives = targeted ?? parseDirectives(values.join(', '))
  const has = (name: string): boolean => directives.has(name)
  const whole = (name: string): boolean =>
    directives.get(name)?.some((argument) => fieldNames(argument) === undefined) ?? false
  const sMaxAgeSeconds = lifetimeSeconds(directives.get('s-maxage'))
  const maxAgeSeconds = lifetimeSeconds(directives.get('max-age'))
  return {
    targetedField,
    isTargeted: targeted !== undefined,
    noStore: has('no-store'),
    isPrivate: whole('private'),
    isPublic: has('public'),
    // Nobody says what Pragma means in an answer; who writes it means this (RFC 9111 §5.4).
    noCache:
      whole('no-cache') ||
      (targeted === undefined && values.length === 0 && hasPragmaNoCache(headers)),
    mustRevalidate: has('must-revalidate'),
    proxyRevalidate: has('proxy-revalidate'),
    mustUnderstand: has('must-understand'),
    ...(sMaxAgeSeconds !== undefined && { sMaxAgeSeconds }),
    ...(maxAgeSeconds !== undefined && { maxAgeSeconds }),
    staleWhileRevalidateSeconds: lifetimeSeconds(directives.get('stale-while-revalidate')) ?? 0,
    staleIfErrorSeconds: lifetimeSeconds(directives.get('stale-if-error')) ?? 0,
    unstoredFields: new Set(
      ['no-cache', 'private'].flatMap((name) =>
        (directives.get(name) ?? []).flatMap((argument) => fieldNames(argument) ?? []),
      ),
    ),
  }
}

/** Every directive with its arguments. Names in lower case. Never throws. */
export function parseDirectives(value: string): ReadonlyMap<string, readonly Argument[]> {
  const directives = new Map<string, Argument[]>()
  for (const member of splitList(value)) {
    // A member that is no directive still counts by the word it begins with: `no-store;x` forbids.
    const [, name = '', rest = ''] = /^([^\s=;"]+)(.*)$/su.exec(member) ?? []
    if (name === '') continue
    const key = name.toLowerCase()
    const earlier = directives.get(key)
    if (earlier === undefined) directives.set(key, [argumentOf(rest)])
    else earlier.push(argumentOf(rest))
  }
  return directives
}

/**
 * The members of a list (RFC 9110 §5.6.1), trimmed, without empty ones; a quoted comma is no end. A
 * quote that is never closed quotes nothing, so that it hides none of what comes after it.
 */
export function splitList(value: string): readonly string[] {
  const members: string[] = []
  let start = 0
  let hasQuotes = true
  for (let at = 0; at < value.length; at++) {
    if (value[at] === '"' && hasQuotes) {
      const end = endOfQuote(value, at)
      // All quotes behind it are escaped ones, so none of them is closed either: one pass is enough.
      if (end === -1) hasQuotes = false
      else at = end
    } else if (value[at] === ',') {
      members.push(value.slice(start, at))
      start = at + 1
    }
  }
  members.push(value.slice(start))
  return members.map((member) => member.trim()).filter((member) => member !== '')
}

function endOfQuote(value: string, start: number): number {
  for (let at = start + 1; at < value.length; at++) {
    if (value[at] === '"') return at
    if (value[at] === '\\') at++
  }
  return -1
}

function argumentOf(rest: string): Argument {
  if (rest === '') return undefined
  if (!rest.startsWith('=')) return null
  const text = rest.slice(1)
  const quoted = /^"((?:[^"\\]|\\.)*)"$/su.exec(text)?.[1]
  if (quoted !== undefined) return quoted.replaceAll(/\\(.)/gsu, '$1')
  return TOKEN.test(text) ? text : null
}

/**
 * RFC 9111 §4.2.1: of several values the first may be used, or the answer taken for stale; what is
 * no number of seconds makes it stale. Here several values count only if they are equal.
 */
function lifetimeSeconds(texts: readonly Argument[] | undefined): number | undefined {
  if (texts === undefined) return undefined
  const seconds = texts.map((text) => deltaSeconds(text ?? '') ?? 0)
  const [first = 0] = seconds
  return seconds.every((one) => one === first) ? first : 0
}

/** delta-seconds (RFC 9111 §1.2.2), no more than 2^31 of them; undefined when it is none. */
export function deltaSeconds(text: string): number | undefined {
  return /^\d+$/u.test(text) ? Math.min(Number(text), LONGEST_SECONDS) : undefined
}

/** The fields that the qualified form of a directive names; undefined for the unqualified one. */
function fieldNames(argument: Argument): readonly string[] | undefined {
  if (argument === undefined || argument === null) return undefined
  const names = splitList(argument).map((name) => name.toLowerCase())
  return names.length > 0 && names.every((name) => TOKEN.test(name)) ? names : undefined
}

function hasPragmaNoCache(headers: HeaderList): boolean {
  return parseDirectives(headerValues(headers, 'pragma').join(', ')).has('no-cache')
}
