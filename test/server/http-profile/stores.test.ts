import t from 'tap'
import { buildHttpProxy, cacheStatusOf } from './setup.js'

t.test('stored, served with its age, and stale when its time is over', async (t) => {
  let count = 0
  const proxy = await buildHttpProxy(t, {
    handler: (_request, response) =>
      response
        .writeHead(200, { 'cache-control': 'max-age=60', 'x-a': ['1', '2'] })
        .end(`${++count}`),
  })
  const first = await proxy.get('/thing?x=1')
  t.match(first, { status: 200, text: '1', headers: { via: '1.1 intervals-proxy' } })
  t.equal(first.headers.age, undefined)
  const says = cacheStatusOf(first)
  t.match(says, /^intervals-proxy; fwd=uri-miss; fwd-status=200; stored; ttl=\d+$/u)
  proxy.clock.advance(20_000)
  const second = await proxy.get('/thing?x=1')
  t.equal(second.text, '1')
  t.ok(Number(second.headers.age) >= 20)
  t.equal(second.headers['x-a'], '1, 2')
  t.equal(second.headers.date, first.headers.date)
  t.match(cacheStatusOf(second), /^intervals-proxy; hit; ttl=\d+$/u)
  t.equal((await proxy.get('/thing?x=2')).text, '2', 'another query, another answer')
  t.equal((await proxy.get('/thing/?x=1')).text, '3', 'another path as well')
  proxy.clock.advance(41_000)
  const later = await proxy.get('/thing?x=1')
  t.equal(later.text, '4')
  t.match(cacheStatusOf(later), /fwd=stale; fwd-status=200; stored/u)
})

t.test('a 304 renews what is stored, also one that lacks the ETag', async (t) => {
  const proxy = await buildHttpProxy(t, {
    handler: (request, response) => {
      const known = request.headers['if-none-match'] === '"v1"'
      if (known) response.writeHead(304, { 'cache-control': 'max-age=100', 'x-new': 'yes' }).end()
      else response.writeHead(200, { 'cache-control': 'max-age=10', etag: '"v1"' }).end('body')
    },
  })
  await proxy.get('/a')
  proxy.clock.advance(11_000)
  const validated = await proxy.get('/a')
  t.match(validated, { status: 200, text: 'body', headers: { 'x-new': 'yes', etag: '"v1"' } })
  t.match(cacheStatusOf(validated), /fwd=stale; fwd-status=304; stored; ttl=\d+/u)
  proxy.clock.advance(50_000)
  t.match(cacheStatusOf(await proxy.get('/a')), /hit; ttl=\d+/u)
  t.equal(proxy.arrivals.length, 2)
  const known = await proxy.get('/a', { 'if-none-match': 'W/"v1"' })
  t.match(known, { status: 304, text: '', headers: { etag: '"v1"' } })
  t.equal(proxy.arrivals.length, 2)
})

t.test('a 304 about another tag is no answer to ours: it is fetched', async (t) => {
  const proxy = await buildHttpProxy(t, {
    handler: (request, response) => {
      const asked = request.headers['if-none-match']
      if (asked !== undefined) response.writeHead(304, { etag: '"v2"' }).end()
      else {
        const tag = proxy.arrivals.length === 1 ? '"v1"' : '"v2"'
        response.writeHead(200, { 'cache-control': 'max-age=10', etag: tag }).end(tag)
      }
    },
  })
  await proxy.get('/a')
  proxy.clock.advance(11_000)
  t.equal((await proxy.get('/a')).text, '"v2"')
  t.equal(proxy.arrivals.length, 3)
  t.equal((await proxy.get('/a')).text, '"v2"')
  t.equal(proxy.arrivals.length, 3)
})

t.test("a consumer's own condition is answered from what our validation brings", async (t) => {
  const proxy = await buildHttpProxy(t, {
    handler: (_request, response) =>
      response.writeHead(200, { 'cache-control': 'max-age=10', etag: '"v2"' }).end('new'),
  })
  const miss = await proxy.get('/a', { 'if-none-match': '"v1"' })
  t.equal(miss.text, 'new')
  t.equal(proxy.arrivals[0]!.headers['if-none-match'], '"v1"', 'nothing stored: it goes through')
  proxy.clock.advance(11_000)
  t.equal((await proxy.get('/a', { 'if-none-match': '"v2"' })).status, 304)
  t.equal(proxy.arrivals[1]!.headers['if-none-match'], '"v2"')
})

t.test('HEAD is answered from GET, goes through when that is stale, and renews it', async (t) => {
  const proxy = await buildHttpProxy(t, {
    handler: (request, response) => {
      const headers = {
        'cache-control': 'max-age=10',
        'content-length': 4,
        'x-by': request.method!,
      }
      response.writeHead(200, headers).end(request.method === 'HEAD' ? undefined : 'body')
    },
  })
  await proxy.get('/a')
  const stored = await proxy.send('HEAD', '/a')
  t.match(stored, { status: 200, text: '', headers: { 'content-length': '4', 'x-by': 'GET' } })
  t.equal(proxy.arrivals.length, 1)
  proxy.clock.advance(11_000)
  const through = await proxy.send('HEAD', '/a')
  t.match(through, { status: 200, text: '', headers: { 'content-length': '4', 'x-by': 'HEAD' } })
  t.equal(proxy.arrivals[1]!.method, 'HEAD')
  const renewed = await proxy.get('/a')
  t.match(renewed, { text: 'body', headers: { 'x-by': 'HEAD' } })
  t.equal(proxy.arrivals.length, 2)
})

t.test('HEAD that speaks of something else makes what is stored stale', async (t) => {
  const proxy = await buildHttpProxy(t, {
    handler: (_request, response) => {
      const headers = { 'cache-control': 'max-age=10', etag: `"${proxy.arrivals.length}"` }
      response.writeHead(200, headers).end()
    },
  })
  await proxy.get('/a')
  await proxy.send('HEAD', '/a', { headers: { 'cache-control': 'no-cache' } })
  t.match(cacheStatusOf(await proxy.get('/a')), /fwd=stale/u)
})

t.test('a part that is stored as a part, or cut out of the whole', async (t) => {
  const whole = '0123456789'
  const proxy = await buildHttpProxy(t, {
    handler: (request, response) => {
      const headers = { 'cache-control': 'max-age=60', etag: '"a"', 'content-type': 'text/plain' }
      if (request.headers.range === undefined || request.url === '/ignores') {
        response.writeHead(200, headers).end(whole)
      } else response.writeHead(206, { ...headers, 'content-range': 'bytes 0-1/10' }).end('01')
    },
  })
  const range = (path: string, value: string, more = {}) =>
    proxy.get(path, { range: value, ...more })
  t.match(await range('/a', 'bytes=0-1'), { status: 206, text: '01' })
  t.match(cacheStatusOf(await range('/a', 'bytes=0-1')), /hit/u)
  const within = await range('/a', 'bytes=1-1')
  t.match(within, { status: 206, text: '1', headers: { 'content-range': 'bytes 1-1/10' } })
  t.match(cacheStatusOf(within), /hit/u)
  t.notMatch(cacheStatusOf(await range('/a', 'bytes=1-2')), /hit/u)
  t.equal((await range('/a', 'bytes=0-1', { 'if-range': '"b"' })).text, '01')
  t.equal(proxy.arrivals.length, 3, 'If-Range is for the upstream')
  t.match(await proxy.get('/a'), { status: 200, text: whole }, 'a part is not the whole')
  t.match(await proxy.send('HEAD', '/a', { headers: { range: 'bytes=0-1' } }), { status: 200 })
  t.equal(proxy.arrivals.length, 4)

  const parts: readonly [string, number, string, string | undefined][] = [
    ['bytes=2-3', 206, '23', 'bytes 2-3/10'],
    ['bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['bytes=10-', 416, '', 'bytes */10'],
    ['bytes=0-1,4-5', 200, whole, undefined],
  ]
  for (const [value, status, text, contentRange] of parts) {
    const answer = await range('/a', value)
    t.match(answer, { status, text }, value)
    t.equal(answer.headers['content-range'], contentRange)
    t.equal(answer.headers['content-length'], String(text.length))
  }
  t.equal(proxy.arrivals.length, 4)
  t.match(await range('/ignores', 'bytes=4-5'), { status: 206, text: '45' }, 'cut out of a 200')
  t.match(await range('/a', 'bytes=2-3', { 'if-none-match': '"a"' }), { status: 304 })
})

t.test('longer than it may be: passed on whole, and not kept', async (t) => {
  const long = 'x'.repeat(5_000)
  const proxy = await buildHttpProxy(t, {
    settings: { cache: { maxEntrySize: '1KiB' } },
    handler: (request, response) => {
      const length = request.url === '/chunked' ? {} : { 'content-length': long.length }
      response.writeHead(200, { 'cache-control': 'max-age=60', ...length }).end(long)
    },
  })
  for (const path of ['/chunked', '/counted', '/chunked', '/counted']) {
    const answer = await proxy.get(path)
    t.equal(answer.text, long)
    t.match(cacheStatusOf(answer), /fwd-status=200; detail=too-large/u)
  }
  t.equal((await proxy.status()).cache.entries, 0)
})

t.test('a body that breaks off is neither stored nor sent as if it were whole', async (t) => {
  const proxy = await buildHttpProxy(t, {
    handler: (request, response) => {
      const length = request.url === '/chunked' ? {} : { 'content-length': 100 }
      response.writeHead(200, { 'cache-control': 'max-age=60', ...length })
      response.write('half', () => setImmediate(() => response.destroy()))
    },
  })
  for (const path of ['/chunked', '/counted']) {
    t.equal((await proxy.get(path)).status, 502, path)
  }
  t.equal((await proxy.status()).cache.entries, 0)
})

t.test(
  'CDN-Cache-Control counts where it is addressed to this cache, and is passed on',
  async (t) => {
    for (const [setting, isHit] of [
      ['obey', true],
      ['ignore', false],
    ] as const) {
      const proxy = await buildHttpProxy(t, {
        settings: { cache: { cdnCacheControl: setting } },
        handler: (_request, response) =>
          response
            .writeHead(200, { 'cache-control': 'no-store', 'cdn-cache-control': 'max-age=60' })
            .end('body'),
      })
      await proxy.get('/a')
      const second = await proxy.get('/a')
      t.equal(cacheStatusOf(second).includes('; hit'), isHit, setting)
      t.equal(second.headers['cdn-cache-control'], 'max-age=60')
      t.equal(second.headers['cache-control'], 'no-store')
      proxy.clock.advance(61_000)
      t.notMatch(cacheStatusOf(await proxy.get('/a')), /; hit/u)
    }
  },
)

t.test('a 304 brings the targeted directives of the next use', async (t) => {
  const proxy = await buildHttpProxy(t, {
    handler: (request, response) => {
      const headers = { 'cdn-cache-control': 'max-age=60', 'cache-control': 'no-cache' }
      if (request.headers['if-none-match'] === '"v1"') response.writeHead(304, headers).end()
      else response.writeHead(200, { ...headers, etag: '"v1"' }).end('body')
    },
  })
  await proxy.get('/a')
  proxy.clock.advance(61_000)
  t.match(cacheStatusOf(await proxy.get('/a')), /fwd-status=304/u)
  t.match(cacheStatusOf(await proxy.get('/a')), /; hit/u)
})

t.test('a transfer coding that nobody knows says nothing; a known one is refused', async (t) => {
  let coding = 'odd'
  const proxy = await buildHttpProxy(t, {
    handler: (_request, response) => {
      const head = `HTTP/1.1 200 OK\r\ncache-control: max-age=60\r\nconnection: close\r\n`
      response.socket?.end(`${head}transfer-encoding: ${coding}\r\n\r\nbody`)
    },
  })
  t.match(await proxy.get('/a'), { status: 200, text: 'body' })
  const hit = await proxy.get('/a')
  t.match(hit, { status: 200, text: 'body', headers: { 'transfer-encoding': undefined } })
  t.match(cacheStatusOf(hit), /; hit/u)
  for (coding of ['gzip', 'X-Deflate, odd', 'deflate']) {
    t.equal((await proxy.get(`/${coding.length}`)).status, 502, coding)
  }
})
