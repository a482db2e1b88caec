import * as fc from 'fast-check'
import t from 'tap'
import { httpDate, parseHttpDate } from '../../src/http/http-date.js'
import { NOW_MS } from '../cache/rfc9111/answers.js'

const AT = Date.UTC(1994, 10, 6, 8, 49, 37)

t.test('the three forms of RFC 9110 §5.6.7, in any case', async (t) => {
  const dates: readonly [string, number][] = [
    ['Sun, 06 Nov 1994 08:49:37 GMT', AT],
    ['Sunday, 06-Nov-94 08:49:37 GMT', AT],
    ['Sun Nov  6 08:49:37 1994', AT],
    ['sUN, 06 nOV 1994 08:49:37 gmt', AT],
    [' Sun, 06 Nov 1994 08:49:37 GMT ', AT],
    // The weekday is not compared.
    ['Mon, 06 Nov 1994 08:49:37 GMT', AT],
    ['Thursday, 18-Aug-50 02:01:18 GMT', Date.UTC(2050, 7, 18, 2, 1, 18)],
    // More than 50 years ahead, so of the last century.
    ['Thursday, 18-Aug-77 02:01:18 GMT', Date.UTC(1977, 7, 18, 2, 1, 18)],
    ['Sun, 21 Nov 2286 04:46:39 GMT', Date.UTC(2286, 10, 21, 4, 46, 39)],
    ['Sat, 31 Dec 2016 23:59:60 GMT', Date.UTC(2017, 0, 1)],
    ['Thu, 01 Jan 0001 00:00:00 GMT', new Date('0001-01-01T00:00:00Z').getTime()],
  ]
  for (const [text, at] of dates) t.equal(parseHttpDate(text, NOW_MS), at, text)
})

t.test('what only looks like a date is none', async (t) => {
  const texts = [
    '0',
    '-1',
    '',
    'foo',
    'Thu, 18 Aug 2050 02:01:18 UTC',
    'Thu, 18 Aug 2050 02:01:18 AEST',
    'Thu, 18 Aug 2050 02:01:18 +0000',
    'Thu, 18 Aug 2050 02:01:18',
    'Thu, 18 Aug 50 02:01:18 GMT',
    'Thu 18 Aug 2050 02:01:18 GMT',
    'Thu, 18  Aug  2050 02:01:18 GMT',
    'Thu, 18-Aug-2050 02:01:18 GMT',
    'Thu, 18 Aug 2050 02.01.18 GMT',
    'Thu, 18 Aug 2050 2:01:18 GMT',
    'Thu, 8 Aug 2050 02:01:18 GMT',
    'Thu, 18 Aug 2050 24:01:18 GMT',
    'Thu, 18 Aug 2050 02:60:18 GMT',
    'Thu, 18 Aug 2050 02:01:61 GMT',
    'Thu, 31 Feb 2050 02:01:18 GMT',
    'Thu, 00 Aug 2050 02:01:18 GMT',
    'Thu, 18 Foo 2050 02:01:18 GMT',
    'Xyz, 18 Aug 2050 02:01:18 GMT',
    'Thu, 18 Aug 2050 02:01:18 GMT, Thu, 18 Aug 2050 02:01:18 GMT',
    '2050-08-18T02:01:18Z',
    'Thu, 18 Aug 20500 02:01:18 GMT',
  ]
  for (const text of texts) t.equal(parseHttpDate(text, NOW_MS), undefined, text)
  t.comment(`${texts.length} bad dates tried, ${texts.length} refused`)
})

t.test('what is sent can be read, and nothing throws', async () => {
  const seconds = fc.integer({ min: 0, max: 4_000_000_000 })
  fc.assert(
    fc.property(seconds, (at) => parseHttpDate(httpDate(at * 1_000), NOW_MS) === at * 1_000),
  )
  fc.assert(fc.property(fc.string(), (text) => typeof parseHttpDate(text, NOW_MS) !== 'string'))
})
