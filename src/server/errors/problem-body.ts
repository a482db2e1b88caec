/** An error of our own in the shape of an Intervals error, in the format that was asked for. */

import { STATUS_CODES } from 'node:http'
import { formatOf } from '../../cache/index.js'
import { PROBLEMS } from './problems.js'
import type { ProblemError } from './problems.js'

export const SOURCE = 'intervals-proxy'

export interface RenderedProblem {
  readonly contentType: string
  readonly body: string
}

/** No Accept means XML at the upstream, so it does here. */
export function renderProblem(error: ProblemError, accept: string | undefined): RenderedProblem {
  const format = formatOf(accept)
  const { apiCode } = PROBLEMS[error.code]
  const status = STATUS_CODES[error.status] ?? 'Error'
  if (format === 'xml' || format === 'absent') {
    return {
      contentType: 'application/xml',
      body:
        `<?xml version="1.0" encoding="UTF-8"?>\n<intervals><personid/><status>${status}</status>` +
        `<code>${error.status}</code><source>${SOURCE}</source><error><code>${apiCode}</code>` +
        `<reason>${error.code}</reason><message>${escapeXml(error.message)}</message></error></intervals>\n`,
    }
  }
  const { message } = error
  return {
    contentType: 'application/json',
    body: JSON.stringify({
      personid: null,
      status,
      code: error.status,
      source: SOURCE,
      error: { code: apiCode, reason: error.code, message, source: SOURCE },
    }),
  }
}

const XML_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
])

/** What a document cannot hold, escaped or not (XML 1.0 §2.2), halves of characters too, becomes `?`. */
const escapeXml = (text: string): string =>
  text
    // eslint-disable-next-line no-control-regex -- these are what is replaced
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff\ufffe\uffff]/gu, '?')
    .replaceAll(/[&<>]/g, (character) => XML_ESCAPES.get(character) ?? character)
