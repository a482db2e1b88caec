import t from 'tap'
import { until } from '../client.js'
import { buildHttpProxy, cacheStatusOf, holding, type Handler } from './setup.js'

const FRESH = { 'cache-control': 'max-age=600' }

/** One value that GET reads and that everything else sets to its body. */
function register(value: string): Handler {
  let current = value
  return (request, response, body) => {
    if (request.method !== 'GET') current = body
    response.writeHead(200, FRESH).end(current)
  }
}

t.test('every method that is not safe drops what is stored, in any spelling', async (t) => {
  const proxy = await buildHttpProxy(t, { handler: register('old') })
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'M-SEARCH', 'PURGE']) {
    await proxy.get('/a~b')
    t.equal((await proxy.send(method, '/a%7Eb', { body: method })).status, 200)
    t.equal((await proxy.get('/a~b')).text, method)
  }
  for (const method of ['OPTIONS', 'HEAD']) {
    await proxy.send(method, '/a~b')
    t.match(cacheStatusOf(await proxy.get('/a~b')), /hit/u, method)
  }
})

t.test('a failed write drops nothing; one that nobody answered drops', async (t) => {
  const proxy = await buildHttpProxy(t, { handler: register('old') })
  await proxy.get('/a')
  proxy.answers((_request, response) => response.writeHead(500).end())
  t.equal((await proxy.send('PUT', '/a', { body: 'x' })).status, 500)
  t.match(cacheStatusOf(await proxy.get('/a')), /hit/u)
  proxy.answers((request) => request.socket.destroy())
  t.equal((await proxy.send('PUT', '/a', { body: 'x' })).status, 502)
  proxy.answers(register('new'))
  t.equal((await proxy.get('/a')).text, 'new')
})

t.test('what Location and Content-Location name is dropped too', async (t) => {
  const proxy = await buildHttpProxy(t, { handler: register('old') })
  for (const path of ['/list', '/item/1', '/item/2', '/item/3']) await proxy.get(path)
  proxy.answers((_request, response) =>
    response
      .writeHead(201, {
        location: '/item/1',
        'content-location': `http://127.0.0.1:${proxy.port}/item/2`,
      })
      .end(),
  )
  await proxy.send('POST', '/list', { body: 'x' })
  proxy.answers(register('new'))
  const texts = await Promise.all(
    ['/list', '/item/1', '/item/2', '/item/3'].map(async (path) => (await proxy.get(path)).text),
  )
  t.strictSame(texts, ['new', 'new', 'new', 'old'])
})

t.test(
  'a fill that left before a write ended is passed on, not stored, and not joined',
  async (t) => {
    for (const isValidation of [false, true]) {
      const store = register('old')
      const tagged: Handler = (request, response, body) => {
        response.setHeader('etag', '"same"')
        store(request, response, body)
      }
      const proxy = await buildHttpProxy(t, { handler: tagged })
      if (isValidation) {
        await proxy.get('/a')
        proxy.clock.advance(601_000)
      }
      const reads = holding((request, response) => {
        // Read before the write, delivered after it.
        if (isValidation && request.headers['if-none-match']) response.writeHead(304, FRESH).end()
        else response.writeHead(200, FRESH).end('old')
      })
      proxy.answers((request, response, body) =>
        request.method === 'GET' && reads.count() === 0
          ? reads.handler(request, response, body)
          : tagged(request, response, body),
      )
      const before = proxy.get('/a')
      await until(() => reads.count() === 1, 'the read is out')
      t.equal((await proxy.send('PUT', '/a', { body: 'new' })).status, 200)
      const after = await proxy.get('/a')
      t.equal(after.text, 'new', 'who asks after the write waits for no call from before it')
      reads.releaseAll()
      const slow = await before
      t.equal(slow.text, 'old')
      t.match(cacheStatusOf(slow), /detail=overtaken/u)
      const last = await proxy.get('/a')
      t.equal(last.text, 'new')
      t.match(cacheStatusOf(last), /hit/u)
    }
  },
)

t.test('a purge stops what is on its way as well', async (t) => {
  const reads = holding((_request, response) => response.writeHead(200, FRESH).end('old'))
  const proxy = await buildHttpProxy(t, { handler: reads.handler })
  const before = proxy.get('/a')
  await until(() => reads.count() === 1, 'the read is out')
  await proxy.send('POST', '/-/purge', {
    body: '{}',
    headers: { 'content-type': 'application/json' },
  })
  reads.releaseAll()
  t.match(cacheStatusOf(await before), /detail=overtaken/u)
  t.equal((await proxy.status()).cache.entries, 0)
})

t.test('the answer to a POST serves later GETs if it says that it may', async (t) => {
  const proxy = await buildHttpProxy(t, { handler: register('old') })
  const post = async (headers: Record<string, string>) => {
    proxy.answers((_request, response) => response.writeHead(200, headers).end('from POST'))
    const answer = await proxy.send('POST', '/a?b', { body: 'x' })
    t.equal(answer.text, 'from POST')
    proxy.answers(register('from GET'))
    return (await proxy.get('/a?b')).text
  }
  t.equal(await post({ ...FRESH, 'content-location': '/a?b' }), 'from POST')
  t.equal(await post({ ...FRESH, 'content-location': '/a' }), 'from GET')
  t.equal(await post(FRESH), 'from GET')
  t.equal(await post({ 'content-location': '/a?b', etag: '"a"' }), 'from GET', 'no freshness')
  t.equal(
    await post({ 'cache-control': 'private, max-age=9', 'content-location': '/a?b' }),
    'from GET',
  )
})

t.test('of two writes at once neither answer is kept', async (t) => {
  const posts = holding((_request, response) =>
    response.writeHead(200, { ...FRESH, 'content-location': '/a' }).end('of a POST'),
  )
  const proxy = await buildHttpProxy(t, { handler: posts.handler })
  const first = proxy.send('POST', '/a', { body: '1' })
  const second = proxy.send('POST', '/a', { body: '2' })
  await until(() => posts.count() === 2, 'both are out')
  posts.releaseAll()
  await Promise.all([first, second])
  proxy.answers(register('of a GET'))
  t.equal((await proxy.get('/a')).text, 'of a GET')
})
