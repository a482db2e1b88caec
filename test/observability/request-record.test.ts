/** What follows from a finished request: its way, and its log line. */
import t from 'tap'
import { OUTCOMES } from '../../src/cache/index.js'
import type { Outcome } from '../../src/cache/index.js'
import { wayOf } from '../../src/observability/request-record.js'
import { finished } from './finished.js'

const { answer } = finished({})

t.test('every outcome is one of the ways', async (t) => {
  const expected: Readonly<Record<Outcome, string>> = {
    hit: 'hit',
    'stale-while-revalidate': 'stale',
    'served-on-error': 'stale',
    'served-on-refusal': 'stale',
    'uri-miss': 'fetched',
    'vary-miss': 'fetched',
    invalidated: 'fetched',
    stale: 'fetched',
    request: 'fetched',
    bypass: 'passed',
    method: 'write',
    replayed: 'hit',
    refused: 'refused',
    abandoned: 'refused',
  }
  for (const outcome of Object.keys(OUTCOMES) as Outcome[]) {
    t.equal(wayOf({ ...answer, outcome }), expected[outcome], outcome)
  }
  const miss = { ...answer, outcome: 'uri-miss' } as const
  t.equal(wayOf({ ...miss, cacheStatus: { collapsed: true } }), 'joined')
  t.equal(wayOf({ ...miss, status: 503, upstreamStatus: 503 }), 'failed')
  const timeout = { detail: 'upstream-timeout' }
  t.equal(wayOf({ ...miss, status: 504, outcome: 'refused', cacheStatus: timeout }), 'failed')
})
