/** Header fields and content coding that do not depend on what an answer says. */
import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { gzipSync } from 'node:zlib'
import type { Answer } from '../api/answer.js'
import type { SimulatorSettings } from '../options.js'

export function withTransport(
  answer: Answer,
  request: Pick<IncomingMessage, 'headers'>,
  settings: SimulatorSettings,
): Answer {
  const { cacheControl, extraHeaders, gzip, phpSession } = settings
  const headers: Record<string, string> = {
    ...(phpSession ? sessionHeaders(request) : {}),
    ...(cacheControl === undefined ? {} : { 'cache-control': cacheControl }),
    ...varyOf(settings),
    ...extraHeaders,
    ...answer.headers,
  }
  const accepted = request.headers['accept-encoding'] ?? ''
  if (!gzip) return { ...answer, headers }
  if (!/\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(accepted)) return { ...answer, headers }
  headers['content-encoding'] = 'gzip'
  return { ...answer, headers, body: gzipSync(answer.body) }
}

function varyOf({ gzip, vary }: SimulatorSettings): Record<string, string> {
  const fields = (vary ?? '').split(',').filter((field) => field !== '')
  if (gzip && !fields.includes('Accept-Encoding')) fields.unshift('Accept-Encoding')
  return fields.length === 0 ? {} : { vary: fields.join(',') }
}

/** As PHP's session_start() sends them with the cache limiter `nocache`, its default. */
function sessionHeaders({ headers }: Pick<IncomingMessage, 'headers'>): Record<string, string> {
  const isKnown = headers.cookie?.includes('PHPSESSID=') === true
  const id = createHash('sha256')
    .update(headers.authorization ?? '')
    .digest('hex')
    .slice(0, 26)
  return {
    expires: 'Thu, 19 Nov 1981 08:52:00 GMT',
    'cache-control': 'no-store, no-cache, must-revalidate',
    pragma: 'no-cache',
    ...(isKnown ? {} : { 'set-cookie': `PHPSESSID=${id}; path=/` }),
  }
}
