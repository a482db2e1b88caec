import t from 'tap'
import { basic, until } from '../client.js'
import { buildHttpProxy, cacheStatusOf, holding } from './setup.js'

t.test('what one credential fetched is for others only if the answer says so', async (t) => {
  const proxy = await buildHttpProxy(t, {
    handler: (request, response) => {
      const [, value = ''] = (request.url ?? '').split('?')
      const headers = { 'cache-control': decodeURIComponent(value) }
      response.writeHead(200, headers).end(`for ${request.headers.authorization ?? 'anybody'}`)
    },
  })
  const ask = async (value: string, token: string | null): Promise<string> =>
    (await proxy.ask(`/a?${encodeURIComponent(value)}`, { token })).text
  const cases: readonly [string, boolean][] = [
    ['max-age=60', false],
    ['max-age=60, private', false],
    ['max-age=60, proxy-revalidate', false],
    ['max-age=60, public', true],
    ['max-age=60, must-revalidate', true],
    ['s-maxage=60', true],
  ]
  for (const [value, isShared] of cases) {
    const mine = `for ${basic('ann')}`
    t.equal(await ask(value, 'ann'), mine)
    t.equal(await ask(value, 'bob'), isShared ? mine : `for ${basic('bob')}`, value)
    t.equal(await ask(value, null), isShared ? mine : 'for anybody', value)
    // RFC 9111 §3.5 forbids storing what credentials fetched, not serving them what anybody may have.
    const later = value === 'max-age=60' ? 'for anybody' : undefined
    if (later !== undefined) t.equal(await ask(value, 'bob'), later)
  }
  t.comment(`${cases.length} directives tried`)
})

t.test('calls that are out at once: nobody gets what was fetched for another', async (t) => {
  const calls = holding((request, response) =>
    response
      .writeHead(200, { 'cache-control': 'max-age=60' })
      .end(`for ${request.headers.authorization ?? 'anybody'}`),
  )
  const proxy = await buildHttpProxy(t, { handler: calls.handler })
  const tokens = Array.from({ length: 20 }, (_, n) => `token${n}`)
  const asked = tokens.map((token) => proxy.ask('/a', { token }))
  await until(() => calls.count() === tokens.length, 'one call each')
  calls.releaseAll()
  const texts = (await Promise.all(asked)).map(({ text }) => text)
  t.strictSame(
    texts,
    tokens.map((token) => `for ${basic(token)}`),
  )
  t.equal((await proxy.status()).cache.entries, 0)
})

t.test('a 304 to credentials does not change what everybody gets', async (t) => {
  const proxy = await buildHttpProxy(t, {
    handler: (request, response) => {
      const isKnown = request.headers['if-none-match'] !== undefined
      const who = request.headers.authorization ?? 'anybody'
      const headers = { 'cache-control': 'max-age=60', etag: '"a"', 'x-for': who }
      response.writeHead(isKnown ? 304 : 200, headers).end(isKnown ? undefined : 'body')
    },
  })
  await proxy.get('/a')
  proxy.clock.advance(61_000)
  const mine = await proxy.ask('/a', { token: 'ann' })
  t.match(mine, { status: 200, text: 'body', headers: { 'x-for': basic('ann') } })
  const other = await proxy.get('/a')
  t.equal(other.headers['x-for'], 'anybody')
})

t.test('a refusal of one credential closes nothing for the next request', async (t) => {
  const proxy = await buildHttpProxy(t, {
    handler: (_request, response) => response.writeHead(401).end(),
  })
  t.equal((await proxy.ask('/a', { token: 'ann' })).status, 401)
  t.equal((await proxy.ask('/b', { token: 'ann' })).status, 401)
  t.strictSame(
    proxy.arrivals.map(({ target }) => target),
    ['/a', '/b'],
    'nor is /quota/ asked',
  )
})

t.test('Vary keeps answers apart, and the same one together', async (t) => {
  const proxy = await buildHttpProxy(t, {
    handler: (request, response) =>
      response
        .writeHead(200, { 'cache-control': 'max-age=60', vary: 'Accept-Language' })
        .end(request.headers['accept-language'] ?? 'none'),
  })
  const ask = (language: string) => proxy.get('/a', { 'accept-language': language })
  t.equal((await ask('en, de')).text, 'en, de')
  t.equal((await ask('de,EN')).text, 'en, de')
  const other = await ask('fr')
  t.equal(other.text, 'fr')
  t.match(cacheStatusOf(other), /fwd=vary-miss; fwd-status=200; stored/u)
  t.equal((await proxy.get('/a')).text, 'none')
  for (let n = 0; n < 100; n++) await ask(`x-${n}`)
  t.ok((await proxy.status()).cache.entries <= 32, 'variants are bounded')
})
