import type { IncomingMessage } from 'node:http'

/** What X-Request-Id may look like; it goes into the log, so not whatever somebody likes to see there. */
const REQUEST_ID = /^[\w.:@/+=-]{1,128}$/u

/** The consumer's own id for a request, or a number behind `prefix`. */
export function requestIds(prefix = 'req-'): (raw: Pick<IncomingMessage, 'headers'>) => string {
  let last = 0
  return ({ headers }) => {
    const given = headers['x-request-id']
    return typeof given === 'string' && REQUEST_ID.test(given) ? given : `${prefix}${++last}`
  }
}
