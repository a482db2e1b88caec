// Intervals is written in PHP, which sends no-store, Vary and text/html by itself: what they prevent.
import t from 'tap'
import type { IncomingMessage } from 'node:http'
import type { Test } from 'tap'
import { buildTestProxy, startUpstream } from './build.js'

const PHP: Record<string, string> = {
  'content-type': 'text/html; charset=UTF-8',
  'cache-control': 'no-store, no-cache, must-revalidate',
  pragma: 'no-cache',
  expires: 'Thu, 19 Nov 1981 08:52:00 GMT',
  vary: 'Accept-Encoding,User-Agent,Origin',
  'set-cookie': 'PHPSESSID=secret; path=/',
}

type Reply = (request: IncomingMessage) => {
  readonly headers?: Record<string, string>
  readonly body?: string
}

async function behind(t: Test, reply: Reply, cache: object = {}) {
  const seen: IncomingMessage[] = []
  const upstream = await startUpstream(t, (request, response) => {
    seen.push(request)
    const { headers = {}, body = '{"personid":1,"status":"OK","code":200}' } = reply(request)
    response.writeHead(200, headers).end(body)
  })
  const { ask, lines } = await buildTestProxy(t, { upstreamUrl: upstream.url, settings: { cache } })
  const statusOf = async () =>
    (JSON.parse((await ask('/-/status')).text) as { cache: { overridden: unknown } }).cache
  return { ask, seen, lines, statusOf }
}

t.test('the headers of a PHP session do not keep a resource from being stored', async (t) => {
  const { ask, seen, lines, statusOf } = await behind(t, () => ({ headers: PHP }))
  t.match(await statusOf(), { overridden: null })
  for (const path of ['/client/', '/task/', '/client/?limit=1']) {
    const first = await ask(path)
    t.match(first.headers['set-cookie'], ['PHPSESSID=secret; path=/'])
    for (const agent of ['one', 'two']) {
      const again = await ask(path, {
        headers: { 'user-agent': agent, origin: `https://${agent}` },
      })
      t.match(again.headers['cache-status'], /; hit;/, `${path} ${agent}`)
      t.equal(again.text, first.text)
      t.equal(again.headers['content-type'], first.headers['content-type'])
      t.notHas(again.headers, 'set-cookie')
    }
  }
  t.equal(seen.length, 3)
  const logged = lines.filter(({ msg }) => String(msg).includes('cache.upstreamDirectives'))
  t.equal(logged.length, 1, 'the first override is logged')
  const directives = [
    'Cache-Control: no-store',
    'Vary: user-agent',
    'Vary: origin',
    'Content-Type: text/html; charset=UTF-8',
  ]
  t.match(await statusOf(), { overridden: { resources: ['client', 'task'], directives } })
  const explained = JSON.parse((await ask('/-/explain?path=/client/')).text) as object
  t.match(explained, { overridden: directives })
})

t.test('with obey they do', async (t) => {
  const { ask, seen, statusOf } = await behind(
    t,
    () => ({ headers: { ...PHP, 'content-type': 'application/json' } }),
    { upstreamDirectives: 'obey' },
  )
  for (let turn = 0; turn < 2; turn++) {
    const { headers } = await ask('/client/')
    t.match(headers['cache-status'], /detail=upstream-no-store/)
  }
  t.equal(seen.length, 2)
  t.match(await statusOf(), { overridden: null })
})

t.test('without a content type', async (t) => {
  const { ask, seen } = await behind(t, () => ({}))
  await ask('/client/')
  t.match((await ask('/client/')).headers['cache-status'], /; hit;/)
  t.equal(seen.length, 1)
})

t.test('a 200 whose envelope reports an error is passed on and not stored', async (t) => {
  const body = '{"status":"Bad Request","code":400,"error":{"code":18,"message":"m"}}'
  const { ask, seen } = await behind(t, () => ({ headers: PHP, body }))
  for (let turn = 0; turn < 2; turn++) {
    const answer = await ask('/client/')
    t.equal(answer.text, body)
    t.match(answer.headers['cache-status'], /detail=error-in-envelope/)
  }
  t.equal(seen.length, 2)
})

t.test('answers that vary by another header have one entry for each of its values', async (t) => {
  const { ask, seen } = await behind(t, ({ headers }) => ({
    headers: { ...PHP, vary: 'Accept-Language' },
    body: `{"code":200,"language":${JSON.stringify(headers['accept-language'] ?? null)}}`,
  }))
  const read = async (language?: string) => {
    const { text, headers } = await ask('/client/', { headers: { 'accept-language': language } })
    return { text, isHit: /; hit;/.test(String(headers['cache-status'])) }
  }
  t.match(await read('de'), { isHit: false }, 'not stored: the key did not include it yet')
  for (const language of ['de', 'en', undefined]) {
    const text = `{"code":200,"language":${JSON.stringify(language ?? null)}}`
    t.same(await read(language), { text, isHit: false })
    t.same(await read(language), { text, isHit: true })
  }
  t.equal(seen.length, 4)
})

t.test('Vary: * is not stored', async (t) => {
  const { ask, seen } = await behind(t, () => ({ headers: { ...PHP, vary: '*' } }))
  for (let turn = 0; turn < 3; turn++) await ask('/client/')
  t.equal(seen.length, 3)
})

t.test('an answer without a length that ends with the connection is not stored', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => {
    response.socket?.end('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{"code":200}')
  })
  const { ask } = await buildTestProxy(t, { upstreamUrl: upstream.url })
  for (let turn = 0; turn < 2; turn++) {
    const { text, headers } = await ask('/client/')
    t.equal(text, '{"code":200}')
    t.match(headers['cache-status'], /detail=incomplete/)
  }
})
