/** One written value: right, and decoded to what the program uses, or a problem. */
import { Value } from 'typebox/value'
import { problemAt, type Origin, type Problem } from './config-problem.js'
import type { Setting } from './settings.js'
import { withKnownUnit } from './units.js'

/** A setting with a given value. */
export interface Entry {
  readonly setting: Setting
  readonly value: unknown
  readonly origin: Origin
}

/** What came out of one source: the file, the environment or the command line. */
export interface Reading {
  readonly entries: readonly Entry[]
  readonly problems: readonly Problem[]
}

/** Longest value repeated in a message. */
const MAX_REPEATED_CHARACTERS = 60

/** Check a value from a file, which has the type it was written with. */
export function checkValue(setting: Setting, raw: unknown, origin: Origin): Entry | Problem {
  const { key, schema, keyword } = setting
  if (Value.Check(schema, raw)) return { setting, value: Value.Decode(schema, raw), origin }
  const { expected } = keyword
  const got = keyword.secret === true ? kindOf(raw) : describe(raw)
  const meant = typeof raw === 'string' && keyword.secret !== true ? withKnownUnit(raw) : undefined
  return problemAt(origin, {
    setting: key,
    expected,
    message: `expected ${expected}, got ${got}`,
    ...(meant !== undefined && Value.Check(schema, meant) && { nearest: meant }),
  })
}

/** Check a value from the environment or the command line, where everything is text. */
export function checkText(setting: Setting, raw: string, origin: Origin): Entry | Problem {
  if ('items' in setting.schema) {
    const items = raw.split(/[\s,]+/u).filter((item) => item !== '')
    return checkValue(setting, items, origin)
  }
  const isNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/u.test(raw)
  const asNumber = isNumber && !Value.Check(setting.schema, raw) ? Number(raw) : raw
  return checkValue(setting, Value.Check(setting.schema, asNumber) ? asNumber : raw, origin)
}

/** Valid entries and problems. */
export function toReading(results: readonly (Entry | Problem)[]): Reading {
  return {
    entries: results.filter((result) => 'value' in result),
    problems: results.filter((result) => 'message' in result),
  }
}

/** How to name a value in a message: `"80a"`, `8080`, `a list`. */
export function describe(raw: unknown): string {
  if (typeof raw === 'number' || typeof raw === 'boolean') return String(raw)
  if (typeof raw !== 'string') return kindOf(raw)
  // A user name and password in a URL are a secret wherever they turn up.
  const safe = raw.replaceAll(/\/\/[^/]*@/gu, '//***@')
  return JSON.stringify(
    safe.length > MAX_REPEATED_CHARACTERS ? `${safe.slice(0, MAX_REPEATED_CHARACTERS)}…` : safe,
  )
}

function kindOf(raw: unknown): string {
  if (raw === null || raw === undefined || raw === '') return 'nothing'
  if (Array.isArray(raw)) return 'a list'
  if (typeof raw === 'object') return 'a section'
  if (typeof raw === 'string') return 'other text'
  return `a ${typeof raw}`
}
