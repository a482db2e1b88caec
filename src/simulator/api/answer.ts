/** An answer before it is sent, and how an envelope or an error becomes one. */
import type { IncomingHttpHeaders } from 'node:http'
import type { ApiCode, ApiError } from '../api-error.js'
import { errorContent, renderEnvelope, type Envelope, type Format } from '../formats/envelope.js'
import { formatFor } from '../formats/negotiate.js'
import type { SimulatorSettings } from '../options.js'

export interface ApiRequest {
  readonly method: string
  readonly target: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export interface Answer {
  readonly status: number
  /** Intervals' own error code, if the answer is an error. */
  readonly apiCode?: ApiCode
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** For requests whose answer is never sent. */
export const noAnswer: Answer = { status: 0, headers: {}, body: Buffer.alloc(0) }

/** The envelope in the format that the request asks for. */
export function renderAnswer(
  envelope: Envelope,
  { headers }: Pick<ApiRequest, 'headers'>,
  settings: SimulatorSettings,
): Answer {
  const format = formatFor(headers.accept, settings)
  return {
    status: envelope.status,
    headers: contentTypeOf(format, settings),
    body: Buffer.from(renderEnvelope(envelope, format, settings)),
  }
}

function contentTypeOf(
  format: Format,
  { contentType, contentTypeCharset }: SimulatorSettings,
): Record<string, string> {
  if (contentType === 'absent') return {}
  const type = contentType === 'exact' ? `application/${format}` : contentType
  return { 'content-type': `${type}${contentTypeCharset ? '; charset=utf-8' : ''}` }
}

/** The error in the format that the request asks for. */
export function renderError(
  error: ApiError,
  request: Pick<ApiRequest, 'headers'>,
  { settings, personid }: { settings: SimulatorSettings; personid: string | null },
): Answer {
  const content = errorContent(error, settings)
  const envelope = { personid, status: error.status, name: 'error', content }
  const answer = renderAnswer(envelope, request, settings)
  const challenge =
    error.status === 401 && settings.wwwAuthenticate
      ? { 'www-authenticate': 'Basic realm="Intervals API"' }
      : {}
  const { apiCode, status } = error
  return {
    ...answer,
    apiCode,
    status: isSentAs200(apiCode, settings) ? 200 : status,
    headers: { ...answer.headers, ...challenge },
  }
}

function isSentAs200(apiCode: ApiCode, { errorsAs200 }: SimulatorSettings): boolean {
  return errorsAs200 === 'all' || (errorsAs200 === 'limits' && (apiCode === 11 || apiCode === 12))
}
