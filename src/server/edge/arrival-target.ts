/** The target as the profile `intervals` reads it, decided once, before anything depends on it. */

import type { IncomingMessage } from 'node:http'

/** Redirects to the dashboard; see the admin pages. */
export const START_PAGE = '/-'

/**
 * - `//client/` means `/client/` for Intervals, and is forwarded so: a base URL with a slash plus a path
 *   with one. The target is never resolved as a URL reference, in which `//client` would be a host. The
 *   proxy's own pages are not meant: such a target stays as it is, and is refused.
 * - A browser that opens the base URL gets the start page: without a token, Intervals would only ask for
 *   one, and that would cost a call.
 */
export function arrivalTarget({
  method,
  url = '/',
  headers,
}: Pick<IncomingMessage, 'method' | 'url' | 'headers'>): string {
  if (url === '/') {
    const isBrowser =
      method === 'GET' && headers.accept?.toLowerCase().includes('text/html') === true
    return isBrowser && headers.authorization === undefined ? START_PAGE : url
  }
  if (!url.startsWith('//')) return url
  const collapsed = url.replace(/^\/+/u, '/')
  return collapsed.startsWith('/-') ? url : collapsed
}
