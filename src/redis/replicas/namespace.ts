import { createHash } from 'node:crypto'

/** The prefix of every key, because proxies of different upstreams may share a Redis. */
export function namespaceOf(upstreamUrl: string): string {
  const { origin } = new URL(upstreamUrl)
  return `intervals-proxy:${createHash('sha256').update(origin).digest('hex').slice(0, 8)}:`
}
