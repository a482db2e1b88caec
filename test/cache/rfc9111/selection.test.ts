import t from 'tap'
import { createHttpStore, partOf, selectingRange } from '../../../src/cache/index.js'
import type { RequestHeaders } from '../../../src/cache/index.js'
import { entryOf } from './answers.js'

/** A stored response to `stored`, which has the bytes of `body` from `contentRange` on. */
function part(stored: RequestHeaders, contentRange: string, body: string) {
  const made = entryOf({
    status: 206,
    headers: [
      ['cache-control', 'max-age=60'],
      ['content-range', contentRange],
    ],
    body,
  })
  const entry = Object.freeze({ ...made, selecting: selectingRange(stored) })
  const store = createHttpStore({ maxBytes: 1_000_000 })
  store.set(entry, stored)
  return (range: string, more: RequestHeaders = {}): string | undefined => {
    const request = { range, ...more }
    const found = store.select('/a', request)
    if (found === undefined) return undefined
    const served = partOf(found, request)
    if (served.kind === 'whole') return `${found.body.toString()} as stored`
    if (served.kind === 'unsatisfiable') return served.range
    return `${found.body.toString().slice(served.start, served.end + 1)} ${served.range}`
  }
}

t.test('a stored part serves the ranges within it, and no others', async (t) => {
  const ask = part({ range: 'bytes=-6' }, 'bytes 4-9/10', '456789')
  t.equal(ask('bytes=-6'), '456789 as stored')
  t.equal(ask('bytes=6-8'), '678 bytes 6-8/10')
  t.equal(ask('bytes=6-'), '6789 bytes 6-9/10')
  t.equal(ask('bytes=4-99'), '456789 bytes 4-9/10')
  t.equal(ask('bytes=-1'), '9 bytes 9-9/10')
  for (const range of [
    'bytes=3-5',
    'bytes=0-',
    'bytes=-7',
    'bytes=10-',
    'bytes=8-6',
    'items=6-8',
  ]) {
    t.equal(ask(range), undefined, range)
  }
  t.equal(ask('bytes=6-7,8-9'), undefined, 'several ranges at once')
  t.equal(ask('bytes=6-8', { 'if-range': '"a"' }), undefined)
})

t.test('a part has the bytes that came, whatever it says of itself', async (t) => {
  const short = part({ range: 'bytes=-5' }, 'bytes 4-9/10', '45678')
  t.equal(short('bytes=6-8'), '678 bytes 6-8/10')
  t.equal(short('bytes=6-'), undefined)
  const unknown = part({ range: 'bytes=4-9' }, 'bytes 4-9/*', '456789')
  t.equal(unknown('bytes=5-6'), '56 bytes 5-6/*')
  t.equal(unknown('bytes=5-'), undefined, 'where the whole ends is unknown')
  t.equal(unknown('bytes=-1'), undefined)
  const unsaid = part({ range: 'bytes=4-9' }, 'items 4-9/10', '456789')
  t.equal(unsaid('bytes=5-6'), undefined)
})

t.test('a language that one request prefers to all others is selected', async (t) => {
  const stored = { 'accept-language': 'en, de' }
  const select = (language: string, contentLanguage = 'de'): boolean => {
    const store = createHttpStore({ maxBytes: 1_000_000 })
    const entry = entryOf({
      headers: [
        ['cache-control', 'max-age=60'],
        ['vary', 'Accept-Language'],
        ['content-language', contentLanguage],
      ],
      request: stored,
    })
    store.set(entry, stored)
    return store.select('/a', { 'accept-language': language }) !== undefined
  }
  t.ok(select('de, en'))
  t.ok(select('fr;q=0.5, de;q=1.0'))
  t.ok(select('DE'))
  t.ok(select('de;q=0.2'))
  for (const other of ['de-AT, de;q=0.9', 'fr, de;q=0.5', 'de, fr', 'de;q=0', 'de;q=x', '*', '']) {
    t.notOk(select(other), other)
  }
  t.notOk(select('de', 'de, fr'), 'for readers of two languages')
})
