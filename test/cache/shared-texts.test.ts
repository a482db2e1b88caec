// What entries have in common is in memory once, whichever way they came into it.

import t from 'tap'
import type { HeaderList } from '../../src/cache/index.js'
import { keptEntry } from '../../src/cache/stores/entry.js'
import { sharedHeaders, sharedText } from '../../src/cache/stores/shared-texts.js'
import { storedResponse } from './fixtures.js'

/** As they come from a parser: equal, and nothing else. */
const headers = (value = 'application/json'): HeaderList =>
  JSON.parse(JSON.stringify([['content-type', value]])) as HeaderList

t.test('equal headers of two answers are one, also those read from a disk', async (t) => {
  const first = keptEntry({ ...storedResponse({}), headers: headers() })
  const second = keptEntry({ ...storedResponse({}), headers: headers() })
  t.same(first.headers, headers())
  t.not(first.headers, second.headers)
  t.equal(first.headers[0], second.headers[0])
  t.not(sharedHeaders(headers('text/xml'))[0], first.headers[0])
})

t.test('a name and a value never run into another name and value', async (t) => {
  t.same(sharedHeaders([['a', 'b:c']]), [['a', 'b:c']])
  t.same(sharedHeaders([['a', ' b']]), [['a', ' b']])
})

t.test('the text is the same, rare or not, long or short', async (t) => {
  t.equal(sharedText('OK'), 'OK')
  const long = 'x'.repeat(10_000)
  t.equal(sharedText(long), long)
  t.same(sharedHeaders([['x', long]]), [['x', long]])
})

t.test('only so many are kept: what is rare makes room for what comes after', async (t) => {
  const [before] = sharedHeaders(headers('of the past'))
  for (let at = 0; at < 6_000; at++) sharedHeaders([['x-number', String(at)]])
  t.not(sharedHeaders(headers('of the past'))[0], before)
})
