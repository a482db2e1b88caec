/** What a request with an unsafe method makes old (RFC 9111 §4.4). */

import { headerValues, type HeaderList } from '../rules/header-list.js'

export interface UnsafeAnswer {
  /** The request-target, as sent by the consumer. */
  readonly target: string
  readonly headers: HeaderList
  /** The upstream as configured; a path in it is put before every target. */
  readonly upstreamUrl: string
  /** What the consumer takes for the server: its Host. */
  readonly host: string | undefined
}

/**
 * The targets that are old once the upstream has accepted it: its own, and those in Location and
 * Content-Location, if they are of the same origin, as the upstream or as the consumer sees it.
 */
export function outdatedTargets(answer: UnsafeAnswer): readonly string[] {
  const { target, headers, upstreamUrl, host } = answer
  const upstream = new URL(upstreamUrl)
  const basePath = upstream.pathname.replace(/\/$/u, '')
  const here = new URL(upstream.origin + basePath + target)
  const targets = new Set([target])
  for (const name of ['location', 'content-location']) {
    for (const value of headerValues(headers, name)) {
      const url = URL.canParse(value, here.href) ? new URL(value, here.href) : undefined
      if (url === undefined) continue
      const path = url.pathname + url.search
      if (url.origin !== upstream.origin) {
        if (isWeb(url) && url.host === host) targets.add(path)
      } else if (path.startsWith(`${basePath}/`)) {
        targets.add(path.slice(basePath.length))
      }
    }
  }
  return [...targets]
}

const isWeb = ({ protocol }: URL): boolean => protocol === 'http:' || protocol === 'https:'
