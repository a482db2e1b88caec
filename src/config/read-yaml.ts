/** Settings from the text of a YAML file, each with the line and column it was written at. */
import {
  LineCounter,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  parseDocument,
  type Document,
  type Pair,
} from 'yaml'
import type { TSchema } from 'typebox'
import { checkValue, describe, toReading, type Entry, type Reading } from './check-value.js'
import { nearestKey } from './nearest.js'
import { problemAt, type Origin, type Problem } from './config-problem.js'
import { configSchema } from './schema.js'
import { GIVEN_NAME_EXPECTED } from './sections/names.js'
import { SECTIONS, SETTINGS, childrenOf, namedChild, settingAt } from './settings.js'
import { yamlErrorMessage } from './yaml-error.js'

type Result = Entry | Problem

/** What stays the same on the way through one file. */
interface Walk {
  readonly document: Document
  readonly originOf: (node: unknown, key: string) => Origin
}

/** Read the settings in `text`; `source` is what problems call the file. */
export function readYaml(text: string, source: string): Reading {
  const lines = new LineCounter()
  // Names that stand twice are reported here, with both lines.
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: 'silent',
  })
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return { line, column: col }
  }
  const errors = [...document.errors, ...document.warnings].map((error): Problem => {
    return { source, ...at(error.pos[0]), key: '', message: yamlErrorMessage(error.code) }
  })
  // What a broken file seems to say is not worth reporting on: it is often only half of it.
  if (errors.length > 0) return { entries: [], problems: errors }
  const originOf = (node: unknown, name: string): Origin => {
    return { source, name, ...at((isNode(node) ? node.range?.[0] : undefined) ?? 0) }
  }
  return toReading(readNode({ document, originOf }, document.contents, configSchema, []))
}

function readNode(
  walk: Walk,
  node: unknown,
  schema: TSchema,
  path: readonly string[],
): readonly Result[] {
  const key = path.join('.')
  const target = isAlias(node) ? node.resolve(walk.document) : node
  const children = childrenOf(schema)
  if (children === undefined) {
    const setting = settingAt(key)
    return setting === undefined ? [] : [checkValue(setting, raw(target), walk.originOf(node, key))]
  }
  const named = namedChild(schema)
  const names = children.map(({ name }) => name)
  if (isEmpty(target)) return []
  if (!isMap(target)) {
    const expected =
      named === undefined
        ? `a section with ${names.slice(0, 6).join(', ')}${names.length > 6 ? ' …' : ''}`
        : 'a section with names of your choice'
    const message = `expected ${expected}, got ${describe(raw(target))}`
    return [problemAt(walk.originOf(node, key), { message, expected, ...settingOf(key) })]
  }
  const seen = new Map<string, number>()
  return target.items.flatMap((pair) => {
    const name = nameOf(pair)
    const origin = walk.originOf(pair.key, [...path, name].join('.'))
    const first = seen.get(name)
    seen.set(name, first ?? origin.line ?? 0)
    if (first !== undefined) {
      const message = `stands here a second time; the first is in line ${first}`
      return [problemAt(origin, { message, setting: origin.name })]
    }
    if (named !== undefined && !named.pattern.test(name)) {
      const message = `expected ${GIVEN_NAME_EXPECTED}, got ${describe(name)}`
      return [problemAt(origin, { expected: GIVEN_NAME_EXPECTED, message })]
    }
    const child = named ?? children.find((candidate) => candidate.name === name)
    if (child === undefined) return [unknownName(origin, names)]
    // A name without a value has no node to point at: the name itself is where to look.
    const value = isNode(pair.value) ? pair.value : null
    if (isEmpty(value) && childrenOf(child.schema) === undefined) return [missingValue(origin)]
    if (named !== undefined && isBare(value)) {
      return [problemAt(origin, { message: 'says nothing: give it a setting, or remove it' })]
    }
    return readNode(walk, value, child.schema, [...path, name])
  })
}

function unknownName(origin: Origin, siblings: readonly string[]): Problem {
  const section = origin.name.slice(0, origin.name.lastIndexOf('.') + 1)
  const known = [...siblings.map((name) => section + name), ...KNOWN_KEYS]
  const nearest = nearestKey(origin.name, known)
  return problemAt(origin, {
    message: 'unknown setting',
    ...(nearest === undefined ? {} : { nearest }),
  })
}

function missingValue(origin: Origin): Problem {
  const expected = settingAt(origin.name)?.keyword.expected ?? 'a value'
  return problemAt(origin, {
    setting: origin.name,
    expected,
    message: `expected ${expected}, got nothing`,
  })
}

/** What an unknown name is compared with; a placeholder such as NAME is nothing to write. */
const KNOWN_KEYS = [...SECTIONS, ...SETTINGS]
  .map(({ key }) => key)
  .filter((key) => !key.endsWith('.NAME'))

function settingOf(key: string) {
  return key === '' ? {} : { setting: key }
}

/** No setting has a line end in its name; one that a file gives must not break a message in two. */
function nameOf(pair: Pair): string {
  const name = raw(pair.key)
  return isScalar(pair.key) && !/\p{Cc}/u.test(String(name)) ? String(name) : describe(name)
}

function isEmpty(node: unknown): boolean {
  return node === null || node === undefined || (isScalar(node) && node.value === null)
}

/** A name that a person gave with nothing under it would be dropped without a word. */
function isBare(node: unknown): boolean {
  return isEmpty(node) || (isMap(node) && node.items.length === 0)
}

/** The value of a setting. Of a section, which none can be, enough to say that it is one. */
function raw(node: unknown): unknown {
  if (isScalar(node)) return node.value
  if (isSeq(node)) return node.items.map(raw)
  return isMap(node) ? {} : node
}
