/**
 * The envelope of every answer: the caller, the status, and the resource under its own name.
 * Source: captured answers; www.myintervals.com/api/errors.php for the errors.
 */
import { STATUS_CODES } from 'node:http'
import type { ApiError } from '../api-error.js'
import { encodeEntities } from './entities.js'
import type { SimulatorSettings } from '../options.js'
import type { Cell } from '../table/resource.js'
import { writeXml } from './xml-write.js'

export type Format = 'json' | 'xml'

export interface Envelope {
  /** Null when the caller is unknown. */
  readonly personid: string | null
  readonly status: number
  /** Matches before paging; lists only. */
  readonly listcount?: number
  /** Name of the member that carries the resource, or `error`. */
  readonly name: string
  readonly content: Cell
}

type EnvelopeSettings = Pick<SimulatorSettings, 'looseNumbers' | 'xmlEnvelope' | 'apiCodeAt'>

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
    `"${name}":${name === 'quota' ? looseQuota(content, loose) : writeJson(content)}`,
  ]
  return `{${members.join(',')}}`
}

/** The content of an error, with Intervals' code where `apiCodeAt` puts it. */
export function errorContent(error: ApiError, settings: EnvelopeSettings): Cell {
  const code = String(error.apiCode)
  const verbose = error.detail === undefined ? {} : { verbose: { value: error.detail } }
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

const unusual = /[^\u0020-\u007e]|["\\/]/
const outsideAscii = /[\u007f-\uffff]/g

/** JSON as PHP's json_encode writes it: escaped slashes, ASCII only. */
export function writeJson(cell: Cell): string {
  if (cell === null) return 'null'
  if (typeof cell === 'string') return writeText(encodeEntities(cell))
  if (isList(cell)) return `[${cell.map(writeJson).join(',')}]`
  const members = Object.entries(cell).map(([name, value]) => `"${name}":${writeJson(value)}`)
  return `{${members.join(',')}}`
}

function writeText(text: string): string {
  if (!unusual.test(text)) return `"${text}"`
  const escaped = JSON.stringify(text).replaceAll('/', '\\/')
  return escaped.replaceAll(
    outsideAscii,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function isList(cell: Cell): cell is readonly Cell[] {
  return Array.isArray(cell)
}
