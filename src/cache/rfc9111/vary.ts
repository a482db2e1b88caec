/** Which request an answer that varies is for (RFC 9111 §4.1). */

import { requestHeader, type RequestHeaders } from '../rules/header-list.js'
import { splitList } from './directives.js'

/** The request fields that Vary names, with the normal form of what the request had in them. */
export type Selecting = readonly (readonly [name: string, value: string | undefined])[]

/** More names than any server needs; an answer with more is not stored. */
const MAX_NAMES = 32

/**
 * What has to be equal in a later request; undefined if none can be told to be: for `*`, and for a
 * list that is too long. `request` is what was sent to the upstream.
 */
export function selectingOf(
  vary: readonly string[],
  request: RequestHeaders,
): Selecting | undefined {
  const names = new Set(vary.flatMap((value) => splitList(value.toLowerCase())))
  if (names.has('*') || names.size > MAX_NAMES) return undefined
  return [...names].map((name) => [name, normalField(name, requestHeader(request, name))] as const)
}

export const isSelectedBy = (selecting: Selecting, request: RequestHeaders): boolean =>
  selecting.every(([name, value]) => isSameField(name, value, request))

/** Whether the request has the same in this field, in the normal form that is stored. */
export const isSameField = (
  name: string,
  value: string | undefined,
  request: RequestHeaders,
): boolean => normalField(name, requestHeader(request, name)) === value

/** In these neither the case nor the order of the members says anything (RFC 9110 §12.5.3, §12.5.4). */
const UNORDERED: ReadonlySet<string> = new Set(['accept-encoding', 'accept-language'])

/**
 * Space around commas says nothing, since several lines may be joined with it or without; within
 * quotes it does.
 */
function normalField(name: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined
  const members = splitList(value)
  if (!UNORDERED.has(name)) return members.join(',')
  return members
    .map((member) => withoutSpace(member.toLowerCase()))
    .toSorted()
    .join(',')
}

/** By splitting, in one pass: a pattern that begins with `\s*` looks at a long gap from each of its ends. */
function withoutSpace(member: string): string {
  return member
    .split(/([;=])/u)
    .map((part) => part.trim())
    .join('')
}
