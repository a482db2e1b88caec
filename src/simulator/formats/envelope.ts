/**
 * The envelope of every answer: the caller, the status, and the resource under its own name.
 * Source: captured answers; www.myintervals.com/api/errors.php for the errors.
 */
import { STATUS_CODES } from 'node:http'
import type { ApiError } from '../api-error.js'
import type { SimulatorSettings } from '../options.js'
import type { Cell } from '../table/resource.js'
import { writeJson } from './json-write.js'
import { writeXml } from './xml-write.js'

export type Format = 'json' | 'xml'

export interface Envelope {
  /** Null when the caller is unknown. */
  readonly personid: string | null
  readonly status: number
  /** Matches before paging; lists only. */
  readonly listcount?: number | undefined
  /** Name of the member that carries the resource, or `error`. */
  readonly name: string
  readonly content: Cell
}

type EnvelopeSettings = Pick<
  SimulatorSettings,
  'looseNumbers' | 'idType' | 'xmlEnvelope' | 'apiCodeAt' | 'errorVerbose'
>

export function renderEnvelope(
  envelope: Envelope,
  format: Format,
  settings: EnvelopeSettings,
): string {
  const { personid, status, listcount, name, content } = envelope
  const statusText = STATUS_CODES[status] ?? 'Error'
  if (format === 'xml') {
    const head = { personid, status: statusText, code: String(status) }
    const counted = listcount === undefined ? head : { ...head, listcount: String(listcount) }
    return writeXml(counted, { name, content }, settings.xmlEnvelope)
  }
  const loose = (digits: string): string =>
    settings.looseNumbers === 'number' ? digits : `"${digits}"`
  const members = [
    `"personid":${personid === null ? 'null' : loose(personid)}`,
    `"status":${writeJson(statusText)}`,
    `"code":${loose(String(status))}`,
    ...(listcount === undefined ? [] : [`"listcount":${listcount}`]),
    `"${name}":${name === 'quota' ? looseQuota(content, loose) : writeJson(content, isIdOf(settings))}`,
  ]
  return `{${members.join(',')}}`
}

/** The content of an error, with Intervals' code where `apiCodeAt` puts it. */
export function errorContent(error: ApiError, settings: EnvelopeSettings): Cell {
  const code = String(error.apiCode)
  const detail = error.detail ?? (settings.errorVerbose === 'always' ? error.message : undefined)
  const verbose = detail === undefined ? {} : { verbose: { value: detail } }
  switch (settings.apiCodeAt) {
    case 'error.code':
      return { code, message: error.message, ...verbose }
    case 'error.number':
      return { number: code, message: error.message, ...verbose }
    case 'message':
      return { message: `${error.message} (error code ${code})`, ...verbose }
    default:
      settings.apiCodeAt satisfies never
      throw new TypeError('Expected `apiCodeAt` to be error.code, error.number or message')
  }
}

/** Quota numbers have the type of personid and code; the other members are strings. */
function looseQuota(content: Cell, loose: (digits: string) => string): string {
  if (content === null || typeof content === 'string' || Array.isArray(content)) {
    return writeJson(content)
  }
  const members = Object.entries(content).map(([name, cell]) => {
    const isNumber = typeof cell === 'string' && /^\d+$/.test(cell)
    return `"${name}":${isNumber ? loose(cell) : writeJson(cell)}`
  })
  return `{${members.join(',')}}`
}

/** Names of fields with ids that are JSON numbers. */
function isIdOf({ idType }: EnvelopeSettings): (name: string) => boolean {
  return idType === 'number' ? (name) => name.endsWith('id') : () => false
}
