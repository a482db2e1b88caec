import t from 'tap'
import {
  requestCacheability,
  resolvePolicies,
  UNCACHEABLE_REASONS,
  type CacheabilityRequest,
  type UncacheableReason,
} from '../../src/cache/index.js'
import { POLICIES, target } from './fixtures.js'

const HEADERS = { authorization: 'Basic dG9rZW46WA==', accept: 'application/json' }

function request(raw: string, fields: Partial<CacheabilityRequest> = {}): CacheabilityRequest {
  return {
    method: 'GET',
    target: target(raw),
    headers: HEADERS,
    hasBody: false,
    policies: POLICIES,
    ...fields,
  }
}

function withHeader(name: string, value: string): Partial<CacheabilityRequest> {
  return { headers: { ...HEADERS, [name]: value } }
}

t.test('a plain read of a known resource goes through the cache', async (t) => {
  const cases = [
    ['/task', 'task'],
    ['/task/13/?a=1', 'task'],
    ['/tasknote/5', 'tasknote'],
    ['/tasknote?taskid=13', 'tasknote'],
    ['/me/', 'me'],
    ['/document?projectid=5', 'document'],
  ] as const
  for (const [raw, resource] of cases) {
    const expected = { cacheable: true, resource, format: 'json' }
    t.same(requestCacheability(request(raw)), expected, raw)
  }
})

t.test('headers that say nothing about storing change nothing', async (t) => {
  const cases = [
    ['cache-control', 'no-cache, max-age=0'],
    ['pragma', 'no-cache'],
    ['if-none-match', '"a"'],
    ['if-modified-since', 'Fri, 08 May 2026 12:00:00 GMT'],
    ['content-type', 'application/json'],
  ] as const
  for (const [name, value] of cases) {
    t.ok(requestCacheability(request('/task', withHeader(name, value))).cacheable, name)
  }
})

t.test('everything else goes past it, with a reason', async (t) => {
  const cases: readonly [UncacheableReason, CacheabilityRequest][] = [
    ['method', request('/task', { method: 'POST' })],
    ['method', request('/task', { method: 'HEAD' })],
    ['method', request('/task', { method: 'get' })],
    ['body', request('/task', { hasBody: true })],
    ['range', request('/task', withHeader('range', 'bytes=0-1'))],
    ['range', request('/task', withHeader('if-range', '"a"'))],
    ['precondition', request('/task', withHeader('if-match', '"a"'))],
    ['precondition', request('/task', withHeader('if-unmodified-since', 'x'))],
    ['no-authorization', request('/task', { headers: {} })],
    ['no-store', request('/task', withHeader('cache-control', 'no-store'))],
    ['image-format', request('/person/1', withHeader('accept', 'image/*'))],
    ['unknown-resource', request('/')],
    ['unknown-resource', request('/unknown')],
    ['unknown-resource', request('/TASK')],
    ['unknown-resource', request('/__proto__')],
    ['unknown-path', request('/document/5/download/')],
    ['unknown-path', request('/task/abc')],
    ['never-cached-resource', request('/timer')],
    ['never-cached-resource', request('/quota/')],
    ['timer-parameters', request('/task?includetimerid=t')],
    ['timer-parameters', request('/task?%69ncludetimerid=')],
    ['timer-parameters', request('/task/13?includetimerid')],
    ['tasknote-without-taskid', request('/tasknote')],
    ['tasknote-without-taskid', request('/tasknote/?taskid=')],
    ['tasknote-without-taskid', request('/tasknote/?taskid=5&taskid=')],
    ['tasknote-without-taskid', request('/tasknote?authorid=5')],
  ]
  for (const [reason, input] of cases) {
    const name = `${reason}: ${input.target.path} ${input.target.query.join('&')}`
    t.same(requestCacheability(input), { cacheable: false, reason }, name)
  }
  const tested = new Set(cases.map(([reason]) => reason))
  t.same([...tested].toSorted(), UNCACHEABLE_REASONS.toSorted(), 'every reason occurs')
})

t.test('the settings decide what is never cached', async (t) => {
  const policies = resolvePolicies({ task: { ttlMs: 0 }, timer: { ttlMs: 2000 } })
  t.notOk(requestCacheability(request('/task', { policies })).cacheable)
  t.ok(requestCacheability(request('/timer', { policies })).cacheable)
})
