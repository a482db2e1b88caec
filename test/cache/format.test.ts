import * as fc from 'fast-check'
import t from 'tap'
import { contentTypeFits, formatOf, type Format } from '../../src/cache/index.js'

t.test('headers that all readers read alike share a format', async (t) => {
  const cases: readonly (readonly [string | undefined, Format])[] = [
    [undefined, 'absent'],
    ['application/json', 'json'],
    ['Application/JSON', 'json'],
    ['application/json; charset=utf-8', 'json'],
    ['application/json, text/plain, */*', 'json'],
    ['application/json,*/*;q=0.5', 'json'],
    ['application/xml', 'xml'],
    ['application/xml, */*;q=0.1', 'xml'],
    ['*/*', 'any'],
    ['*/*;q=0.8', 'any'],
    ['image/*', 'image'],
    ['IMAGE/png', 'image'],
    ['image/png, image/*;q=0.5', 'image'],
  ]
  for (const [accept, format] of cases) t.equal(formatOf(accept), format, String(accept))
})

t.test('headers that could be read in two ways share with their equals only', async (t) => {
  for (const accept of [
    '',
    ' ',
    ',',
    'text/json',
    'text/xml',
    'text/html',
    'application/*',
    'text/plain, application/json',
    'application/json, application/xml',
    'application/xml, application/json',
    'application/json;q=0.1, */*',
    'application/json ; Q=0.1',
    'application/jsonp',
    'application/vnd.api+json',
    '*/*, application/json',
    // What Java and browsers send for any page: images next to other types.
    'text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2',
    'text/html,application/xml;q=0.9,image/avif,*/*;q=0.8',
    'image/avif,image/webp,*/*;q=0.8',
    'application/json, image/*',
  ]) {
    t.equal(formatOf(accept), `other:${accept}`)
  }
})

t.test('an answer fits the format that asked for it', async (t) => {
  const json = ['application/json', 'Application/JSON; charset=utf-8', 'text/json', 'a/b+json']
  const xml = ['application/xml', 'text/xml;charset=UTF-8', 'a/b+xml']
  const neither = [undefined, '', 'text/html', 'image/png', 'image/svg+xml', 'application/pdf']
  const fits: readonly (readonly [Format, readonly (string | undefined)[]])[] = [
    ['json', json],
    ['xml', xml],
    ['any', [...json, ...xml]],
    ['absent', [...json, ...xml]],
    ['other:text/html', [...json, ...xml]],
    ['image', []],
  ]
  for (const [format, types] of fits) {
    for (const type of [...json, ...xml, ...neither]) {
      t.equal(contentTypeFits(format, type), types.includes(type), `${format}: ${type}`)
    }
  }
})

t.test('property: never throws, and a shared format names its type first', async () => {
  const unit = fc.constantFrom(
    'application/json',
    'application/xml',
    '*/*',
    ',',
    ';q=0.5',
    ' ',
    'a',
  )
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit })), (accept) => {
      const format = formatOf(accept)
      if (format === 'json') return /^\s*application\/json/iu.test(accept) && !/xml/iu.test(accept)
      if (format === 'xml') return /^\s*application\/xml/iu.test(accept) && !/json/iu.test(accept)
      return true
    }),
    { numRuns: 1000 },
  )
})
