import t from 'tap'
import { parseRetryAfter, retryAfterSeconds } from '../../src/http/retry-after.js'

const NOW = Date.parse('2026-03-10T12:00:00Z')

t.test('Retry-After of the upstream', async (t) => {
  const cases: readonly [string | undefined, number | undefined][] = [
    [undefined, undefined],
    ['', undefined],
    ['0', 0],
    ['1', 1_000],
    [' 120 ', 120_000],
    ['1.5', undefined],
    ['-5', undefined],
    ['1e3', undefined],
    ['9999999999', undefined],
    ['soon', undefined],
    ['Tue, 10 Mar 2026 12:00:30 GMT', 30_000],
    ['Tuesday, 10-Mar-26 12:00:30 GMT', 30_000],
    ['Tue, 10 Mar 2026 11:00:00 GMT', 0],
  ]
  for (const [value, expected] of cases) {
    t.equal(parseRetryAfter(value, NOW), expected, JSON.stringify(value))
  }
})

t.test('our own: whole seconds, rounded up, at least one', async (t) => {
  for (const [ms, seconds] of [
    [-5, 1],
    [0, 1],
    [1, 1],
    [1_000, 1],
    [1_001, 2],
    [59_999.5, 60],
  ] as const) {
    t.equal(retryAfterSeconds(ms), seconds, `${ms} ms`)
  }
})
