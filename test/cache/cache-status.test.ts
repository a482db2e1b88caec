import * as fc from 'fast-check'
import t from 'tap'
import {
  cacheStatus,
  OUTCOMES,
  type CacheStatusParameters,
  type Outcome,
} from '../../src/cache/index.js'

t.test('says what became of the request', async (t) => {
  const cases: readonly [Outcome, CacheStatusParameters, string][] = [
    ['hit', { ttlSeconds: 30 }, 'hit; ttl=30'],
    ['hit', { ttlSeconds: 30, stored: true, collapsed: true, fwdStatus: 200 }, 'hit; ttl=30'],
    ['stale-while-revalidate', { ttlSeconds: -5 }, 'hit; ttl=-5; detail=stale-while-revalidate'],
    [
      'served-on-error',
      { fwdStatus: 503, ttlSeconds: -5 },
      'fwd=request; fwd-status=503; ttl=-5; detail=served-on-error',
    ],
    ['served-on-refusal', { ttlSeconds: -5 }, 'hit; ttl=-5; detail=served-on-refusal'],
    ['uri-miss', { stored: true }, 'fwd=uri-miss; stored'],
    ['uri-miss', { stored: true, collapsed: true }, 'fwd=uri-miss; stored; collapsed'],
    ['uri-miss', { stored: false, detail: 'too-large' }, 'fwd=uri-miss; detail=too-large'],
    ['vary-miss', { stored: true }, 'fwd=vary-miss; stored'],
    ['invalidated', { stored: true }, 'fwd=uri-miss; stored; detail=invalidated'],
    ['stale', { stored: true }, 'fwd=stale; stored'],
    ['request', {}, 'fwd=request'],
    ['bypass', { detail: 'timer-parameters' }, 'fwd=bypass; detail=timer-parameters'],
    ['method', {}, 'fwd=method'],
    ['replayed', {}, 'hit; detail=replayed'],
    ['refused', { detail: 'only-if-cached' }, 'detail=only-if-cached'],
    ['abandoned', { detail: 'queue' }, 'detail=queue'],
  ]
  for (const [outcome, parameters, expected] of cases) {
    t.equal(cacheStatus(outcome, parameters), `intervals-proxy; ${expected}`)
  }
  const tested = new Set(cases.map(([outcome]) => outcome))
  t.same([...tested].toSorted(), Object.keys(OUTCOMES).toSorted(), 'every outcome occurs')
  t.equal(cacheStatus('refused'), 'intervals-proxy')
})

t.test('a detail that is no token is quoted', async (t) => {
  t.equal(cacheStatus('bypass', { detail: '' }), 'intervals-proxy; fwd=bypass; detail=""')
  t.equal(
    cacheStatus('bypass', { detail: 'a "b"\\\r\né' }),
    String.raw`intervals-proxy; fwd=bypass; detail="a \"b\"\\???"`,
  )
})

t.test('property: no detail breaks out of the header', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (detail) => {
      const value = cacheStatus('bypass', { detail })
      return /; detail=(?:[^\s,;"]+|"(?:[^"\\]|\\["\\])*")$/u.test(value) && /^[ -~]*$/u.test(value)
    }),
  )
})
