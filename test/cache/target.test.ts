import { isDeepStrictEqual } from 'node:util'
import * as fc from 'fast-check'
import t from 'tap'
import { parameterValues, parseTarget } from '../../src/cache/index.js'
import { target } from './fixtures.js'

t.test('a resource is named by one segment, or by one and digits', async (t) => {
  const cases = [
    ['/task', 'task', undefined],
    ['/task/', 'task', undefined],
    ['/task?limit=1', 'task', undefined],
    ['/task/?limit=1', 'task', undefined],
    ['/task/13', 'task', '13'],
    ['/task/13/', 'task', '13'],
    ['/TASK', undefined, undefined],
    ['/Task/13', undefined, undefined],
    ['/%74ask', undefined, undefined],
    ['/tasks', undefined, undefined],
    ['/task/13/note', undefined, undefined],
    ['/document/5/download/', undefined, undefined],
    ['/task/abc', undefined, undefined],
    ['/task/13.xml', undefined, undefined],
    ['/', undefined, undefined],
    ['/__proto__', undefined, undefined],
    ['/constructor', undefined, undefined],
  ] as const
  for (const [raw, resource, id] of cases) {
    const { resource: gotResource, id: gotId } = target(raw)
    t.same([gotResource, gotId], [resource, id], raw)
  }
})

t.test('only one trailing slash is dropped from the path', async (t) => {
  t.equal(target('/task/').path, '/task')
  t.equal(target('/task').path, '/task')
  t.equal(target('/').path, '/')
  t.same(target('/').segments, [])
  t.same(target('/document/5/download/').segments, ['document', '5', 'download'])
})

t.test('a stray % in a query is what people type, and stays what it is', async (t) => {
  const [plain, encoded] = [parseTarget('/task?search=50%'), parseTarget('/task?search=50%25')]
  t.match(plain, { kind: 'target', query: ['search=50%'] })
  t.match(encoded, { kind: 'target', query: ['search=50%25'] }, 'and is not taken for the same')
})

t.test('what two readers could take for two paths is ambiguous', async (t) => {
  const cases = [
    ['', 'not-origin-form'],
    ['*', 'not-origin-form'],
    ['task', 'not-origin-form'],
    ['http://api.myintervals.com/task', 'not-origin-form'],
    ['api.myintervals.com:443', 'not-origin-form'],
    ['?limit=1', 'not-origin-form'],
    ['//api.myintervals.com/task', 'empty-segment'],
    ['/task//13', 'empty-segment'],
    ['/task//', 'empty-segment'],
    ['/task/./13', 'dot-segment'],
    ['/client/../task', 'dot-segment'],
    ['/task/..', 'dot-segment'],
    ['/.?a=1', 'dot-segment'],
    ['/client/%2e%2E/task', 'dot-segment'],
    ['/client/.%2e/task', 'dot-segment'],
    ['/client%2f13', 'encoded-separator'],
    ['/client%5C13', 'encoded-separator'],
    ['/client\\13', 'backslash'],
    ['/task%00', 'control-character'],
    ['/task?a=%00', 'control-character'],
    ['/task%0a', 'control-character'],
    ['/task%7F', 'control-character'],
    ['/task\t', 'control-character'],
    ['/task?a=b c', 'control-character'],
    ['/task#top', 'fragment'],
    ['/task?a=1#top', 'fragment'],
    ['/task%', 'invalid-percent-encoding'],
    ['/task%4', 'invalid-percent-encoding'],
    ['/task%zz?a=1', 'invalid-percent-encoding'],
  ] as const
  for (const [raw, reason] of cases) t.same(parseTarget(raw), { kind: 'ambiguous', reason }, raw)
})

t.test('what only looks odd is not', async (t) => {
  for (const raw of ['/task/...', '/.task', '/task?q=//', '/task?q=../..', '/task?q=%2F%5c%0A']) {
    t.equal(parseTarget(raw).kind, 'target', raw)
  }
})

t.test('queries that mean the same are the same', async (t) => {
  const cases = [
    ['limit=1&offset=2', 'offset=2&limit=1'],
    ['id=1%2C2%2c3', 'id=1,2,3'],
    ['q=%61%7e%2D%5F%2e', 'q=a~-_.'],
    ['q=%c3%a9', 'q=%C3%A9'],
    ['%6Cimit=1', 'limit=1'],
    ['b=2&a=1&a=2&c', 'c&a=1&b=2&a=2'],
  ] as const
  for (const [a, b] of cases) {
    t.same(target(`/task?${a}`).query, target(`/task/?${b}`).query, `${a} = ${b}`)
  }
})

t.test('queries that may mean different things are different', async (t) => {
  const cases = [
    ['q=a+b', 'q=a%20b'],
    ['q=a+b', 'q=a%2Bb'],
    ['a=1&a=2', 'a=2&a=1'],
    ['a=1', 'a=1&a=1'],
    ['a[]=1&a%5B%5D=2', 'a%5B%5D=2&a[]=1'],
    ['a.b=1&a_b=2', 'a_b=2&a.b=1'],
    ['a', 'a='],
    ['a=1', 'A=1'],
    ['a=1', 'a=1&'],
    ['a=1', 'a=1&unknown=1'],
    ['a=1%26b=2', 'a=1&b=2'],
    ['a=%3D', 'a%3D='],
    ['q=%2541', 'q=A'],
    ['', 'a'],
  ] as const
  for (const [a, b] of cases) {
    t.notSame(target(`/task?${a}`).query, target(`/task?${b}`).query, `${a} <> ${b}`)
  }
})

t.test('a parameter is found under any spelling of its name', async (t) => {
  const raw = '/task?taskid=1&%74askid=2&taskid[]=3&task%49D=4&other=5&taskid'
  t.same(parameterValues(target(raw), 'taskid').toSorted(), ['', '1', '2', '3', '4'])
  t.same(parameterValues(target('/task'), 'taskid'), [])
})

// Parameters with different names: those may be put into any order.
const value = fc.string({ unit: 'grapheme', maxLength: 8 })
const parameters = fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-z]{1,6}$/u), value), {
  selector: ([name]) => name,
  maxLength: 6,
})
const spelt = ([name, text]: readonly [string, string]): string =>
  `${name}=${encodeURIComponent(text)}`

t.test('property: order and spelling change nothing, values change everything', async () => {
  const variants = parameters.chain((list) =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
  )
  fc.assert(
    fc.property(variants, fc.infiniteStream(fc.boolean()), ([list, shuffled], coins) => {
      // A spelling of the same: unreserved characters escaped at random, escapes in either case.
      const respelt = shuffled.map(spelt).map((text) =>
        text.replaceAll(/%..|[^=&]/gu, (part) => {
          if (coins.next().value !== true) return part
          const code = part.codePointAt(0) ?? 0
          if (part.startsWith('%')) return part === '%2C' ? ',' : part.toLowerCase()
          return /[\w.~,-]/u.test(part) ? `%${code.toString(16)}` : part
        }),
      )
      const one = target(`/task?${list.map(spelt).join('&')}`)
      const other = target(`/task/?${respelt.join('&')}`)
      return JSON.stringify(one) === JSON.stringify(other)
    }),
  )
  fc.assert(
    fc.property(parameters, parameters, (a, b) => {
      const isSame = isDeepStrictEqual(new Map(a), new Map(b))
      const [one, other] = [a, b].map((list) => target(`/task?${list.map(spelt).join('&')}`).query)
      return isSame === (JSON.stringify(one) === JSON.stringify(other))
    }),
  )
})

t.test('property: never throws, and gives a normal form of the normal form', async () => {
  const unit = fc.constantFrom('/', '.', '%', '2', 'e', 'f', '0', '?', '&', '=', 'a', '[', '#', 'é')
  const anything = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit, maxLength: 20 }))
  fc.assert(
    fc.property(anything, (text) => {
      const parsed = parseTarget(`/task?${text}`)
      parseTarget(text)
      if (parsed.kind === 'ambiguous') return true
      const again = parseTarget(`/task?${parsed.query.join('&')}`)
      return JSON.stringify(again) === JSON.stringify(parsed)
    }),
    { numRuns: 2000 },
  )
})
