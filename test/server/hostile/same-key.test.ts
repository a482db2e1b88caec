/**
 * What shares a stored answer must be one request to every server behind. The readers here are servers
 * as they are known: if one of them can tell two targets apart, the two must not share a key.
 */
import * as fc from 'fast-check'
import t from 'tap'
import { parseTarget } from '../../../src/cache/index.js'

type Reader = (query: string) => unknown

/** Names as PHP makes them: `a.b`, `a b` and `a[b` are `a_b`; brackets are arrays, in their order. */
function php(query: string): unknown {
  const read = new Map<string, string[]>()
  for (const part of query.split('&')) {
    if (part === '') continue
    const [rawName = '', ...value] = part.split('=')
    const name = lenient(rawName).replace(/^ +/u, '')
    const array = /^([^[]+)\[.*\]/u.exec(name)
    const base = (array?.[1] ?? name).replaceAll(/[ .[]/gu, '_')
    const index = array === null ? '=' : name.slice(array[1]?.length)
    // Each value with its index: later ones overwrite, `[]` counts on, and the order can be seen.
    read.set(base, [...(read.get(base) ?? []), `${index}=${lenient(value.join('='))}`])
  }
  return [...read].toSorted(byName)
}

/** All values of each name in their order: so the first, the last, or all of them may count. */
const listed =
  (separator: RegExp, fold: (name: string) => string): Reader =>
  (query) => {
    const read = new Map<string, string[]>()
    for (const part of query.split(separator)) {
      const equals = part.indexOf('=')
      const name = fold(lenient(equals === -1 ? part : part.slice(0, equals)))
      const value = equals === -1 ? 'none' : `=${lenient(part.slice(equals + 1))}`
      read.set(name, [...(read.get(name) ?? []), value])
    }
    return [...read].toSorted(byName)
  }

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number =>
  a < b ? -1 : Number(a > b)

/** Decodes what is an escape and leaves the rest; `+` is a space. */
const lenient = (text: string): string =>
  text
    .replaceAll('+', ' ')
    .replaceAll(/%([0-9a-f]{2})/giu, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    )

const READERS: Readonly<Record<string, Reader>> = {
  php,
  'by the letter': listed(/&/u, (name) => name),
  'with semicolons': listed(/[&;]/u, (name) => name),
  'in any case': listed(/&/u, (name) => name.toLowerCase()),
  'dashes and underscores alike': listed(/&/u, (name) => name.replaceAll('-', '_')),
  'with brackets left out': listed(/&/u, (name) => name.replaceAll(/\[[^\]]*\]/gu, '')),
  whatwg: (query) => [...new URLSearchParams(query)].reduce(gather, new Map<string, string[]>()),
}

function gather(read: Map<string, string[]>, [name, value]: [string, string]) {
  return read.set(name, [...(read.get(name) ?? []), value])
}

const seen = (reader: Reader, query: string): string => {
  const read = reader(query)
  return JSON.stringify(
    read instanceof Map ? [...(read as Map<string, unknown>)].toSorted(byName) : read,
  )
}

const atom = fc.constantFrom(
  'a',
  'b',
  'A',
  '1',
  '_',
  '-',
  '.',
  '[',
  ']',
  '[]',
  ';',
  '+',
  '%',
  '%61',
  '%41',
  '%5b',
  '%5D',
  '%3b',
  '%26',
  '%3d',
  '%25',
  '%2',
  '%2c',
  ',',
  '%20',
  '%31',
  '=',
  '&',
  'é',
  '~',
  '%7E',
  'id',
)
const parameter = fc
  .tuple(fc.array(atom, { minLength: 0, maxLength: 3 }), fc.array(atom, { maxLength: 2 }))
  .map(([name, value]) => `${name.join('')}=${value.join('')}`)
const path = fc.constantFrom(
  '/task',
  '/task/',
  '/task/1',
  '/task/1/',
  '/client',
  '/task;a',
  '/a;b/',
)

/** Two targets that are alike enough to meet: the parts of one, in another order or spelt otherwise. */
const pair = fc
  .array(parameter, { minLength: 1, maxLength: 4 })
  .chain((parts) =>
    fc.tuple(
      fc.constant(parts),
      fc.shuffledSubarray(parts, { minLength: Math.max(1, parts.length - 1) }),
      fc.tuple(path, path),
      fc.constantFrom('as they are', 'escaped', 'unescaped', 'in small letters'),
    ),
  )
  .map(([parts, others, [onePath, otherPath], way]) => {
    const other = others.join('&')
    const respelt = {
      'as they are': other,
      escaped: other.replaceAll(/[ab1_~.-](?![^&]*%)/gu, (c) => `%${c.charCodeAt(0).toString(16)}`),
      unescaped: other.replaceAll('%61', 'a').replaceAll('%2c', ',').replaceAll('%31', '1'),
      'in small letters': other.replaceAll(/%[0-9A-F]{2}/gu, (escape) => escape.toLowerCase()),
    }[way]
    return [`${onePath}?${parts.join('&')}`, `${otherPath}?${respelt}`] as const
  })

t.test('property: what shares a key is the same to every reader', async (t) => {
  let tried = 0
  let met = 0
  fc.assert(
    fc.property(pair, ([one, other]) => {
      const [a, b] = [parseTarget(one), parseTarget(other)]
      if (a.kind === 'ambiguous' || b.kind === 'ambiguous') return
      tried++
      const keyOf = ({ path, query }: typeof a): string => JSON.stringify([path, query])
      if (keyOf(a) !== keyOf(b)) return
      met++
      const [pathA, pathB] = [one, other].map((target) => target.split('?')[0]?.replace(/\/$/u, ''))
      if (pathA !== pathB) throw new Error(`${one} and ${other} share a key`)
      for (const [name, reader] of Object.entries(READERS)) {
        const [readA, readB] = [one, other].map((target) =>
          seen(reader, target.slice(target.indexOf('?') + 1)),
        )
        if (readA !== readB)
          throw new Error(`${one} and ${other} share a key, but ${name}: ${readA} ${readB}`)
      }
    }),
    { numRuns: 20_000 },
  )
  t.ok(met > 500, `${met} pairs shared a key`)
  t.comment(`${tried} pairs of targets, ${met} shared a key, 0 could be told apart by a reader`)
})

const CLOAKED: readonly (readonly [string, string])[] = [
  ['a=1;b=2&b=3', 'b=3&a=1;b=2'],
  ['utm_content=1;limit=1&limit=9', 'limit=9&utm_content=1;limit=1'],
  ['a[]=1&a[0]=2', 'a[0]=2&a[]=1'],
  ['sort[b]=1&sort[c]=1', 'sort[c]=1&sort[b]=1'],
  ['a%5bb%5d=1&a%5bc%5d=1', 'a%5bc%5d=1&a%5bb%5d=1'],
  ['a.b=1&a_b=2', 'a_b=2&a.b=1'],
  ['a[b=1&a_b=2', 'a_b=2&a[b=1'],
  ['limit=1&limit=9', 'limit=9&limit=1'],
  ['Limit=1&limit=9', 'limit=9&Limit=1'],
  ['limit=1%26offset=2', 'limit=1&offset=2'],
  ['%2561=1', '%61=1'],
  ['a=%%34%31', 'a=%41'],
  ['a=1', 'a=1&utm_source=x'],
  ['a=1', 'a=1&'],
  ['a=1', 'a=1#x'],
]

t.test('parameters that hide another one do not share with the plain query', async (t) => {
  const keyOf = (query: string): unknown => parseTarget(`/task?${query}`)
  for (const [one, other] of CLOAKED) t.notSame(keyOf(one), keyOf(other), `${one} <> ${other}`)
  t.comment(`${CLOAKED.length} cloaked pairs, 0 shared a key`)
})
