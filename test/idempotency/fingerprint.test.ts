import t from 'tap'
import { fingerprintOf, recordIdOf } from '../../src/idempotency/fingerprint.js'

const request = {
  method: 'POST',
  rawTarget: '/time/',
  headers: { 'content-type': 'application/json', accept: 'application/json' },
  body: Buffer.from('{"time":"2"}'),
}

t.test('a repeat has the same fingerprint, whatever else its headers say', async (t) => {
  const headers = { ...request.headers, date: 'now', 'user-agent': 'another', prefer: 'wait=3' }
  t.equal(fingerprintOf({ ...request, headers }), fingerprintOf(request))
  t.match(fingerprintOf(request), /^[\da-f]{64}$/)
})

t.test('another request has another', async (t) => {
  const { headers, body } = request
  const others = [
    request,
    { ...request, method: 'PUT' },
    { ...request, rawTarget: '/time' },
    { ...request, rawTarget: '/time/?a' },
    { ...request, headers: { ...headers, 'content-type': 'application/xml' } },
    { ...request, headers: { accept: headers.accept } },
    { ...request, headers: { ...headers, accept: 'application/xml' } },
    { ...request, headers: { 'content-type': headers['content-type'] } },
    { ...request, body: null },
    { ...request, body: Buffer.from('{"time":"3"}') },
    { ...request, body: Buffer.from('{"time":"2"} ') },
    { ...request, body: Buffer.concat([Buffer.from([0]), body]) },
    { ...request, body: Buffer.concat([body, Buffer.from([0])]) },
  ]
  const prints = new Set(others.map((other) => fingerprintOf(other)))
  t.equal(prints.size, others.length)
  const empty = { ...request, body: Buffer.alloc(0) }
  t.equal(fingerprintOf(empty), fingerprintOf({ ...request, body: null }), 'none is an empty one')
})

t.test('a key belongs to one owner, one upstream and one secret', async (t) => {
  const secret = Buffer.alloc(32, 1)
  const one = {
    upstreamUrl: 'http://one/',
    owner: { kind: 'principal', id: 'a' },
    key: 'k',
  } as const
  const ids = [
    recordIdOf(secret, one),
    recordIdOf(Buffer.alloc(32, 2), one),
    recordIdOf(secret, { ...one, upstreamUrl: 'http://two/' }),
    recordIdOf(secret, { ...one, owner: { kind: 'principal', id: 'b' } }),
    recordIdOf(secret, { ...one, owner: { kind: 'consumer', name: 'a' } }),
    recordIdOf(secret, { ...one, key: 'l' }),
    recordIdOf(secret, { ...one, owner: { kind: 'principal', id: 'a","k' }, key: '' }),
  ]
  t.equal(new Set(ids).size, ids.length)
  t.equal(recordIdOf(secret, one), ids[0])
  for (const id of ids) t.match(id, /^[\da-f]{64}$/)
})
