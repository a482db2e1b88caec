import * as fc from 'fast-check'
import t from 'tap'
import { isSelectedBy, selectingOf, type RequestHeaders } from '../../../src/cache/index.js'

const matches = (vary: string, first: RequestHeaders, second: RequestHeaders): boolean =>
  isSelectedBy(selectingOf([vary], first)!, second)

t.test('* never matches, whatever stands around it', async (t) => {
  for (const vary of [['*'], ['*, *'], ['*', '*'], [', *'], ['', '*'], ['*, Foo'], ['Foo', ' *']]) {
    t.equal(selectingOf(vary, { foo: '1' }), undefined, vary.join(' | '))
  }
  t.equal(selectingOf([Array.from({ length: 33 }, (_, n) => `a${n}`).join()], {}), undefined)
})

t.test('what means the same matches, and nothing else', async (t) => {
  const cases: readonly [string, RequestHeaders, RequestHeaders, boolean][] = [
    ['Foo', { foo: '1' }, { foo: '1' }, true],
    ['Foo', { foo: '1' }, { foo: '2' }, false],
    ['Foo', { foo: '1' }, {}, false],
    ['Foo', {}, { foo: '1' }, false],
    ['Foo', {}, {}, true],
    ['Foo', { foo: '' }, {}, false],
    ['Foo', { foo: '1, 2' }, { foo: ['1', '2'] }, true],
    ['Foo', { foo: '1,2' }, { foo: ' 1 ,  2 ' }, true],
    ['Foo', { foo: '1,2' }, { foo: '2,1' }, false],
    ['Foo', { foo: 'a' }, { foo: 'A' }, false],
    ['Foo', { foo: '"1, 2"' }, { foo: '"1,2"' }, false],
    ['Foo, Bar', { foo: '1', bar: '2' }, { foo: '1', bar: '2' }, true],
    ['Foo, Bar', { foo: '1', bar: '2' }, { foo: '2', bar: '1' }, false],
    ['Foo, Bar', { foo: '1' }, { foo: '1', other: '9' }, true],
    ['Accept-Language', { 'accept-language': 'en, de' }, { 'accept-language': 'dE,En' }, true],
    [
      'Accept-Language',
      { 'accept-language': 'en, de;q=0.5' },
      { 'accept-language': 'de ; q=0.5, en' },
      true,
    ],
    [
      'Accept-Language',
      { 'accept-language': 'en;q=0.5, de' },
      { 'accept-language': 'en, de;q=0.5' },
      false,
    ],
    ['Accept-Encoding', { 'accept-encoding': 'gzip, br' }, { 'accept-encoding': 'br,gzip' }, true],
    ['__proto__', {}, {}, true],
    ['constructor', {}, {}, true],
  ]
  for (const [vary, first, second, expected] of cases) {
    const name = `${vary}: ${JSON.stringify(first)} and ${JSON.stringify(second)}`
    t.equal(matches(vary, first, second), expected, name)
  }
})

t.test(
  'a request selects what it brought itself, and one value of a field never another',
  async () => {
    const token = fc.string({ unit: fc.constantFrom('a', 'b', '"', ',', ' ', '\\'), maxLength: 8 })
    fc.assert(fc.property(token, (foo) => matches('Foo', { foo }, { foo })))
    // Only commas and the space around them may differ.
    const plain = (text: string): string => text.replaceAll(/[\s,]/gu, '')
    fc.assert(
      fc.property(
        token,
        token,
        (a, b) => !matches('Foo', { foo: a }, { foo: b }) || plain(a) === plain(b),
      ),
    )
  },
)
