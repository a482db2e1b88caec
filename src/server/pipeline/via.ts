/**
 * Via of the proxy's calls (RFC 9110 §7.6.3). It shows a loop: proxies whose upstreams are each other would
 * send one request round until all of their windows are spent.
 */

import { createHmac } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { ProblemError } from '../errors/problems.js'

/** Names of this kind say nothing about a machine. */
const PREFIX = 'intervals-proxy-'
const OF_THIS_KIND = new RegExp(`^\\S+ ${PREFIX}[\\da-f]{16}$`, 'u')

const LOOP =
  'upstream.url leads back to this proxy, perhaps through others; it has to name Intervals, or a proxy nearer to Intervals'

export interface Via {
  /**
   * Via of the calls that a request leads to.
   *
   * @throws ProblemError LOOP_DETECTED for a request that this proxy, or a replica of it, has sent
   */
  of(request: Pick<IncomingMessage, 'headers' | 'httpVersion'>): string
  /** Via of calls that no client asked for. */
  own(): string
}

/**
 * `secret` is kept in the data directory and the same for replicas. `keepsOthers`: all that a request has
 * in Via is passed on; otherwise only proxies of this kind, since the rest tells who the clients are.
 */
export function createVia(
  secret: () => Uint8Array,
  { keepsOthers }: { keepsOthers: boolean },
): Via {
  let known: string | undefined
  const name = (): string =>
    (known ??= PREFIX + createHmac('sha256', secret()).update('via').digest('hex').slice(0, 16))

  return {
    of({ headers, httpVersion }) {
      const received = headers.via
      const own = `${httpVersion} ${name()}`
      if (received === undefined) return own
      const members = received.split(',').map((member) => member.trim())
      if (members.some((member) => member.split(' ')[1] === name())) {
        throw new ProblemError('LOOP_DETECTED', { message: LOOP })
      }
      const kept = keepsOthers ? members : members.filter((member) => OF_THIS_KIND.test(member))
      return [...kept, own].join(', ')
    },
    own: () => `1.1 ${name()}`,
  }
}
