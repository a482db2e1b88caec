/** Reads values of parameters and bodies by type. Undefined: not a value of that type. */
import type { SimulatorSettings } from '../options.js'
import type { BodyType, FilterType } from './resource.js'

export type FlagSettings = Pick<SimulatorSettings, 'numericFlags'>

const idPattern = /^-?\d{1,15}$/
const datePattern = /^(\d{4})[-/](\d{2})[-/](\d{2})$/
const stampPattern = /^(\d{4}[-/]\d{2}[-/]\d{2})(?:[ T](\d{2}:\d{2}(?::\d{2})?)(?:\.\d+)?Z?)?$/

export function readFilterValue(
  type: FilterType,
  value: string,
  settings: FlagSettings,
): string | undefined {
  switch (type) {
    case 'id':
      return readId(value)
    case 'ids':
      return readIds(value)
    case 'flag':
      return readFlag(value, settings)
    case 'text':
      return value
    case 'date':
      return readStamp(value)
    default:
      return ((unknown: never) => unknown)(type)
  }
}

type Reader = (value: string, settings: FlagSettings) => string | undefined

/** Values of the types other than text. */
const readers: Readonly<Record<Exclude<BodyType, 'str' | 'html'>, Reader>> = {
  int: readId,
  csv: readIds,
  date: readDate,
  stamp: readStamp,
  bool: readFlag,
  decimal: (value) => (/^-?\d{1,12}(\.\d{1,6})?$/.test(value) ? value : undefined),
  hours: (value) => (/^-?\d{1,12}(\.\d{1,2})?$/.test(value) ? value : undefined),
}

/** An empty value clears the field: null for all but text. */
export function readBodyValue(
  type: BodyType,
  value: string | null,
  settings: FlagSettings,
): string | null | undefined {
  if (type === 'str') return normalLines(value ?? '')
  if (type === 'html') return withoutScripts(normalLines(value ?? ''))
  if (value === null || value === '') return type === 'bool' ? undefined : null
  return readers[type](value, settings)
}

function readId(value: string): string | undefined {
  const trimmed = value.trim()
  return idPattern.test(trimmed) ? String(Number(trimmed)) : undefined
}

function readIds(value: string): string | undefined {
  const ids = value.split(',').map(readId)
  return ids.includes(undefined) ? undefined : ids.join(',')
}

export function readFlag(value: string, { numericFlags }: FlagSettings): 't' | 'f' | undefined {
  const lower = value.toLowerCase()
  if (lower === 't' || lower === 'true' || (numericFlags && lower === '1')) return 't'
  return lower === 'f' || lower === 'false' || (numericFlags && lower === '0') ? 'f' : undefined
}

function readDate(value: string): string | undefined {
  const parts = datePattern.exec(value)
  if (parts === null) return undefined
  const date = `${parts[1]}-${parts[2]}-${parts[3]}`
  const atMs = Date.parse(`${date}T00:00:00Z`)
  // Date rolls 30 February over to March.
  return Number.isNaN(atMs) || !new Date(atMs).toISOString().startsWith(date) ? undefined : date
}

function readStamp(value: string): string | undefined {
  const parts = stampPattern.exec(value.trim())
  const date = parts?.[1] === undefined ? undefined : readDate(parts[1])
  if (date === undefined) return undefined
  const time = parts?.[2]
  if (time === undefined) return date
  return `${date} ${time.length === 5 ? `${time}:00` : time}`
}

function normalLines(value: string): string {
  return value.replaceAll(/\r\n|\r|\n/g, '\r\n')
}

/** The documentation only says that "certain HTML elements" are stripped. */
function withoutScripts(value: string): string {
  return value.replaceAll(/<(script|style|iframe)\b[^>]*>[\s\S]*?<\/\1\s*>/gi, '')
}
