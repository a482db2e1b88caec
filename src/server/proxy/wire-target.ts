/**
 * Where a request-target goes: the upstream's origin, and the path as the consumer sent it behind
 * the upstream's own base path. Nothing is decoded, normalised or encoded again.
 */
export function wireTarget(
  upstreamUrl: string,
  rawTarget: string,
): { readonly origin: string; readonly path: string } {
  const { origin, pathname } = new URL(upstreamUrl)
  return { origin, path: pathname.replace(/\/$/, '') + rawTarget }
}
