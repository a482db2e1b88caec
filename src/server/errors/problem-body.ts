/** An error of our own in the shape of an Intervals error, in the format that was asked for. */

import { STATUS_CODES } from 'node:http'
import { formatOf } from '../../cache/index.js'
import type { ProblemError } from './problems.js'

export const SOURCE = 'intervals-proxy'

export interface RenderedProblem {
  readonly contentType: string
  readonly body: string
}

/**
 * The fields of an Intervals error, with its types, and our own `source` and `reason`. Clients read the
 * message from `verbose.value`, too. No Accept means XML at the upstream, so it does here.
 */
export function renderProblem(problem: ProblemError, accept: string | undefined): RenderedProblem {
  const format = formatOf(accept)
  const { message, apiCode } = problem
  const body = {
    personid: null,
    status: STATUS_CODES[problem.status] ?? 'Error',
    code: problem.status,
    source: SOURCE,
    error: {
      code: apiCode,
      reason: problem.code,
      message,
      verbose: { value: message },
      source: SOURCE,
    },
  }
  return format === 'xml' || format === 'absent'
    ? {
        contentType: 'application/xml',
        body: `${XML_HEAD}<intervals>${elements(body)}</intervals>\n`,
      }
    : { contentType: 'application/json', body: JSON.stringify(body) }
}

const XML_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'

type Field = string | number | null | Fields
interface Fields {
  readonly [name: string]: Field
}

const elements = (fields: Fields): string =>
  Object.entries(fields)
    .map(([name, field]) => {
      if (field === null) return `<${name}/>`
      const content = typeof field === 'object' ? elements(field) : escapeXml(String(field))
      return `<${name}>${content}</${name}>`
    })
    .join('')

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
