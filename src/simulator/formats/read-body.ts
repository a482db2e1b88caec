/** Reads JSON and XML request bodies into plain strings. Anything else is code 18. */
import { ApiError } from '../api-error.js'
import type { Fields } from '../rows/store.js'
import { readXml } from './xml-read.js'

export interface BodyRequest {
  readonly contentType: string | undefined
  readonly body: Buffer
}

/** The members of the body: one object, or a list of objects (projectteam). */
export function readBody({ contentType, body }: BodyRequest): readonly Fields[] {
  const text = new TextDecoder().decode(body).trim()
  if (text === '') return [{}]
  const isXml = contentType === undefined ? text.startsWith('<') : /xml/i.test(contentType)
  if (isXml) return [readXml(text)]
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (cause) {
    throw Object.assign(new ApiError(18, 'The body is not valid JSON'), { cause })
  }
  const list: readonly unknown[] = Array.isArray(parsed) ? parsed : [parsed]
  return list.map(fieldsOf)
}

function fieldsOf(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ApiError(18, 'The body is not an object')
  }
  return Object.fromEntries(Object.entries(value).map(([name, cell]) => [name, textOf(name, cell)]))
}

function textOf(name: string, cell: unknown): string | null {
  if (cell === null || typeof cell === 'string') return cell
  if (typeof cell === 'boolean') return cell ? 't' : 'f'
  if (typeof cell === 'number') return String(cell)
  throw new ApiError(18, `${name} is not valid`)
}
