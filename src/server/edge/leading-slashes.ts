/** Several slashes in front of a target, from a base URL with a slash plus a path with one. */

/**
 * `//client/` means `/client/` for Intervals, and is forwarded so. The target is never resolved as a URL
 * reference, in which `//client` would be a host. The proxy's own pages are not meant: such a target
 * stays as it is, and is refused because of its empty segment.
 */
export function collapseLeadingSlashes(target: string): string {
  if (!target.startsWith('//')) return target
  const collapsed = target.replace(/^\/+/u, '/')
  return collapsed.startsWith('/-') ? target : collapsed
}
