import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** What X-Request-Id may look like; it goes into the log, so not whatever somebody likes to see there. */
const REQUEST_ID = /^[\w.:@/+=-]{1,128}$/u

/** The consumer's own id for a request; or one that no other process gives, nor this one again. */
export function requestIds(): (raw: Pick<IncomingMessage, 'headers'>) => string {
  const run = randomBytes(4).toString('hex')
  let last = 0
  return ({ headers }) => {
    const given = headers['x-request-id']
    return typeof given === 'string' && REQUEST_ID.test(given) ? given : `${run}-${++last}`
  }
}
