/** If-None-Match against the tag of a stored answer (RFC 9110 §13.1.2). */

/**
 * Whether the client already has it, so that 304 is the answer. The comparison is weak: the `W/` before
 * a tag does not count. What is around the tags is not looked at.
 */
export function matchesIfNoneMatch(ifNoneMatch: string, etag: string): boolean {
  if (ifNoneMatch.trim() === '*') return true
  const wanted = etag.replace(/^W\//u, '')
  return [...ifNoneMatch.matchAll(/"[^"]*"/gu)].some(([tag]) => tag === wanted)
}
