import t from 'tap'
import { buildTestProxy, startUpstream } from '../server/build.js'
import { problemOf } from '../server/client.js'
import {
  FIRST_NEW_ID,
  entriesOf,
  lastingHeaders,
  postWithKey,
  timeEntry,
  writesOf,
} from './setup.js'

t.test('a repeat gets the first answer, and nothing goes out', async (t) => {
  const proxy = await buildTestProxy(t)
  const post = postWithKey('"key-1"', timeEntry('once'))
  const first = await proxy.ask('/time/', post)
  t.equal(first.status, 201)
  t.equal(first.headers['idempotent-replayed'], undefined)
  t.equal(first.headers['cache-status'], 'intervals-proxy; fwd=method')
  for (const key of ['"key-1"', 'key-1']) {
    const repeat = await proxy.ask('/time/', {
      ...post,
      headers: { ...post.headers, 'idempotency-key': key },
    })
    t.equal(repeat.status, 201)
    t.same(repeat.body, first.body)
    t.strictSame(lastingHeaders(repeat), lastingHeaders(first))
    t.equal(repeat.headers['idempotent-replayed'], 'true')
    t.equal(repeat.headers['cache-status'], 'intervals-proxy; hit; detail=replayed')
    t.equal(repeat.headers['server-timing'], undefined)
  }
  t.equal(await entriesOf(proxy.direct, 'once'), 1)
  t.equal(writesOf(proxy), 1)
  const metrics = await proxy.ask('/-/metrics')
  t.match(metrics.text, 'intervals_proxy_idempotent_requests_total{claim="first"} 1')
  t.match(metrics.text, 'intervals_proxy_idempotent_requests_total{claim="answered"} 2')
  t.match(metrics.text, 'intervals_proxy_saved_calls_total{cause="replayed"} 2')
  t.match(metrics.text, 'intervals_proxy_requests_total{outcome="replayed"} 2')
  t.match(metrics.text, 'intervals_proxy_idempotency_keys 1')
})

const LATEST = `/time/${FIRST_NEW_ID}/`

t.test('what a write with a key touches is new, as without one', async (t) => {
  const { ask } = await buildTestProxy(t)
  await ask(LATEST)
  t.equal((await ask('/time/', postWithKey('k', timeEntry('to be seen')))).status, 201)
  t.match((await ask(LATEST)).text, 'to be seen')
  await ask('/time/', postWithKey('k', timeEntry('to be seen')))
  const { headers } = await ask(LATEST)
  t.match(headers['cache-status'], /^intervals-proxy; hit/, 'a repeat drops nothing')
})

t.test('a repeat has every header of the first answer, whatever its name and number', async (t) => {
  const { url } = await startUpstream(t, (request, response) => {
    request.resume()
    response.setHeader('constructor', 'a')
    response.setHeader('valueof', ['b', 'c', 'd'])
    response.setHeader('content-type', 'application/json')
    response.end('{}')
  })
  const { ask } = await buildTestProxy(t, { upstreamUrl: url })
  for (const replayed of [undefined, 'true']) {
    const { headers } = await ask('/time/', postWithKey('k', timeEntry('named')))
    t.equal(headers['idempotent-replayed'], replayed)
    t.equal(headers['constructor'], 'a')
    t.equal(headers['valueof'], 'b, c, d')
  }
})

t.test('the answer is the same with a key as without', async (t) => {
  const { url } = await startUpstream(t, (request, response) => {
    request.resume()
    const path = request.url ?? ''
    const status = Number(path.slice(1, 4))
    response.setHeader('x-more', ['1', '2'])
    response.setHeader('date', 'Tue, 10 Mar 2026 12:00:00 GMT')
    response.setHeader('set-cookie', ['session=secret'])
    if (!path.includes('untyped')) response.setHeader('content-type', 'application/json')
    const body = Buffer.from(path.includes('empty') ? '' : `{"a":"${path}"}`)
    if (status !== 204 && !path.includes('chunked'))
      response.setHeader('content-length', body.length)
    response.writeHead(status)
    response.end(status === 204 ? undefined : body)
  })
  const { ask } = await buildTestProxy(t, { upstreamUrl: url })
  let compared = 0
  for (const status of [200, 201, 202, 204, 302, 400, 403, 404, 409, 422, 500, 502, 503]) {
    for (const variant of ['', '-empty', '-chunked', '-untyped', '-untyped-empty']) {
      const path = `/${status}${variant}`
      const plain = await ask(path, { method: 'POST', body: '{}' })
      const first = await ask(path, postWithKey(path.slice(1), '{}'))
      const repeat = await ask(path, postWithKey(path.slice(1), '{}'))
      const { 'set-cookie': cookie, ...others } = lastingHeaders(first)
      t.strictSame(cookie, ['session=secret'])
      for (const answer of [first, repeat]) {
        t.equal(answer.status, status)
        t.same(answer.body, plain.body, path)
      }
      const { 'transfer-encoding': _a, ...firstHeaders } = others
      const { 'transfer-encoding': _b, ...repeatHeaders } = lastingHeaders(repeat)
      const { 'transfer-encoding': _c, 'set-cookie': _d, ...plainHeaders } = lastingHeaders(plain)
      t.strictSame(repeatHeaders, firstHeaders, `${path}: and no cookie of it is kept`)
      t.match(firstHeaders, plainHeaders, path)
      t.equal(repeat.headers['idempotent-replayed'], 'true')
      compared++
    }
  }
  t.comment(`${compared} answers compared with their repeats`)
})

t.test('another request under the key is refused, and sent under another key', async (t) => {
  const proxy = await buildTestProxy(t)
  const { ask } = proxy
  t.equal((await ask('/time/', postWithKey('k', timeEntry('a')))).status, 201)
  const others = [
    ask('/time/', postWithKey('k', timeEntry('b'))),
    ask('/time', postWithKey('k', timeEntry('a'))),
    ask('/time/', postWithKey('k', timeEntry('a'), { headers: { 'content-type': 'text/plain' } })),
    ask('/time/', postWithKey('k', timeEntry('a'), { headers: { accept: 'application/xml' } })),
    ask('/time/', postWithKey('k', timeEntry('a'), { method: 'PUT' })),
  ]
  for (const answer of await Promise.all(others)) {
    t.equal(answer.status, 422)
    t.match(answer.text, 'IDEMPOTENCY_KEY_REUSED')
  }
  t.equal(writesOf(proxy), 1)
  t.equal((await ask('/time/', postWithKey('l', timeEntry('b')))).status, 201)
})

t.test('a malformed key is refused before anything is sent', async (t) => {
  const proxy = await buildTestProxy(t)
  const bad = ['', '""', 'a b', '"a"; v=1', 'x'.repeat(256), ['a', 'b'], ['"a"', '"b"']]
  for (const key of bad) {
    const answer = await proxy.ask('/time/', postWithKey(key, timeEntry('bad')))
    t.equal(answer.status, 400, String(key).slice(0, 20))
    t.match(problemOf(answer).error, { reason: 'IDEMPOTENCY_KEY_MALFORMED', message: /UUID/ })
  }
  t.equal(proxy.targets().length, 0)
  t.comment(`${bad.length} bad keys tried, ${bad.length} refused`)
})

t.test('any write may have a key; that of a read is ignored, and none is passed on', async (t) => {
  const received: unknown[] = []
  const { url } = await startUpstream(t, (request, response) => {
    request.resume()
    received.push(request.headers['idempotency-key'])
    response.setHeader('content-type', 'application/json')
    response.end(`{"n":${received.length}}`)
  })
  const { ask } = await buildTestProxy(t, { upstreamUrl: url })
  const headers = { 'idempotency-key': '"k"' }
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
    const path = `/task/1/?${method}`
    const key = { 'idempotency-key': method }
    const first = await ask(path, { method, headers: key })
    t.equal((await ask(path, { method, headers: key })).text, first.text, method)
  }
  t.equal(received.length, 4)
  for (const malformed of ['"k"', 'a b']) {
    t.equal((await ask('/timer/', { headers: { 'idempotency-key': malformed } })).status, 200)
  }
  t.equal(received.length, 6)
  await ask('/task/', { headers })
  await ask('/task/9/', { method: 'HEAD', headers })
  t.equal(received.length, 8)
  t.strictSame([...new Set(received)], [undefined])
})

t.test('two tokens never get each other’s answers', async (t) => {
  const proxy = await buildTestProxy(t)
  const post = postWithKey('same', timeEntry('each'))
  const one = await proxy.ask('/time/', { ...post, token: 'agencyadm01' })
  const two = await proxy.ask('/time/', { ...post, token: 'agencyadm02' })
  t.equal(two.headers['idempotent-replayed'], undefined)
  t.not(one.text, two.text)
  t.equal(await entriesOf(proxy.direct, 'each'), 2)
  const named = { ...post, headers: { ...post.headers, 'intervals-proxy-consumer': 'another' } }
  t.equal((await proxy.ask('/time/', named)).text, one.text, 'a name of one’s own is no owner')
})

t.test('after 24 h a key is a new one', async (t) => {
  const proxy = await buildTestProxy(t)
  const post = postWithKey('k', timeEntry('daily'))
  await proxy.ask('/time/', post)
  proxy.clock.advance(24 * 3_600_000 - 60_000)
  t.equal((await proxy.ask('/time/', post)).headers['idempotent-replayed'], 'true')
  proxy.clock.advance(60_000)
  t.equal((await proxy.ask('/time/', post)).headers['idempotent-replayed'], undefined)
  t.equal(writesOf(proxy), 2)
})

t.test('a repeat is answered while nothing may be sent', async (t) => {
  const { ask, sim } = await buildTestProxy(t)
  const post = postWithKey('k', timeEntry('before the pause'))
  const first = await ask('/time/', post)
  sim.setFaults([{ kind: 'status', status: 402 }])
  t.equal((await ask('/task/1/', { method: 'PUT', body: '{}' })).status, 503)
  t.equal((await ask('/time/', post)).text, first.text)
})
