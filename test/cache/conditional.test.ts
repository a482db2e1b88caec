import * as fc from 'fast-check'
import t from 'tap'
import { matchesIfNoneMatch } from '../../src/cache/index.js'

const ETAG = '"abc"'

t.test('matches its tag, weak or in a list, and the asterisk', async (t) => {
  for (const value of [
    '"abc"',
    'W/"abc"',
    ' "abc" ',
    '*',
    ' * ',
    '"x", "abc"',
    '"x","abc","y"',
    '"x" , W/"abc"',
    '"a,b", "abc"',
    ',, "abc",',
    'garbage, "abc"',
  ]) {
    t.ok(matchesIfNoneMatch(value, ETAG), value)
  }
})

t.test('matches nothing else', async (t) => {
  for (const value of [
    '',
    'abc',
    '"ABC"',
    '"abcd"',
    '"abc',
    'abc"',
    '""',
    '"x", "y"',
    '"x,"abc",y"',
    '"x" abc "y"',
  ]) {
    t.notOk(matchesIfNoneMatch(value, ETAG), value)
  }
})

t.test('property: never throws, and finds its tag anywhere in a list', async () => {
  const tag = fc.stringMatching(/^[\w,-]{0,8}$/u).map((text) => `"${text}"`)
  const weak = fc.tuple(tag, fc.boolean()).map(([text, isWeak]) => (isWeak ? `W/${text}` : text))
  fc.assert(
    fc.property(fc.array(weak), fc.array(weak), tag, (before, after, etag) => {
      const others = [...before, ...after].map((text) => text.replace(/^W\//u, ''))
      return (
        matchesIfNoneMatch([...before, etag, ...after].join(', '), etag) &&
        matchesIfNoneMatch([...before, ...after].join(', '), etag) === others.includes(etag)
      )
    }),
  )
  const unit = fc.constantFrom('"', ',', 'W/', ' ', '*', 'abc')
  fc.assert(
    fc.property(fc.string({ unit }), (value) => {
      matchesIfNoneMatch(value, ETAG)
    }),
  )
})
