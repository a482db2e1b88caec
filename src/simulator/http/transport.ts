/** Header fields and content coding that do not depend on what an answer says. */
import type { IncomingMessage } from 'node:http'
import { gzipSync } from 'node:zlib'
import type { Answer } from '../api/answer.js'
import type { SimulatorSettings } from '../options.js'

export function withTransport(
  answer: Answer,
  request: Pick<IncomingMessage, 'headers'>,
  { cacheControl, extraHeaders, gzip }: SimulatorSettings,
): Answer {
  const headers: Record<string, string> = {
    ...(cacheControl === undefined ? {} : { 'cache-control': cacheControl }),
    ...extraHeaders,
    ...answer.headers,
  }
  const accepted = request.headers['accept-encoding'] ?? ''
  if (!gzip) return { ...answer, headers }
  headers['vary'] = 'Accept-Encoding'
  if (!/\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(accepted)) return { ...answer, headers }
  headers['content-encoding'] = 'gzip'
  return { ...answer, headers, body: gzipSync(answer.body) }
}
