/** What is not in the key must not change a stored answer, and what we decided by must be what is sent. */
import t from 'tap'
import { ask as askAny, basic } from '../client.js'
import { buildTestProxy } from '../build.js'
import { bytesOf, open } from './raw-client.js'
import { json, startRawUpstream, valuesOf } from './raw-upstream.js'

/** An upstream that falls for everything: its answer shows whatever it was sent. */
const showAll = (t: Parameters<typeof startRawUpstream>[0]) =>
  startRawUpstream(t, ({ method, target, headers, body }, count) =>
    json(JSON.stringify({ count, method, target, headers, body })),
  )

/** Told by nobody to Intervals: where a consumer is, and what some servers would take instead. */
const ABOUT_THE_WAY: readonly string[] = [
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Forwarded-Proto',
  'X-Forwarded-Port',
  'X-Forwarded',
  'X-Forwarded-Prefix',
  'X-Forwarded-Scheme',
  'X-Forwarded-Server',
  'X-Forwarded-Ssl',
  'X-Forwarded-Uri',
  'X-Forwarded-Method',
  'X-Forwarded-Path',
  'X-Forwarded-Client-Cert',
  'Forwarded',
  'Via',
  'X-Real-IP',
  'True-Client-IP',
  'CF-Connecting-IP',
  'Fastly-Client-IP',
  'X-Client-IP',
  'X-Cluster-Client-IP',
  'Client-IP',
  'X-Originating-IP',
  'X-Remote-IP',
  'X-Remote-Addr',
  'X-Original-URL',
  'X-Original-URI',
  'X-Original-Host',
  'X-Original-For',
  'X-Rewrite-URL',
  'X-Host',
  'X-HTTP-Host-Override',
  'X-HTTP-DestinationURL',
  'Request-Uri',
  'Base-Url',
  'X-Accel-Redirect',
  'X-Accel-Internal',
  'Front-End-Https',
  'Intervals-Proxy-Consumer',
  'Intervals-Proxy-Priority',
]
/** Of the message, so they go on where nothing is stored; but no stored answer may come from them. */
const OF_THE_MESSAGE: readonly string[] = [
  'Accept-Language',
  'Accept-Charset',
  'Cookie',
  'Origin',
  'Referer',
  'X-Requested-With',
  'X-Wap-Profile',
  'DNT',
  'Save-Data',
  'X-Api-Version',
  'Accept-Datetime',
  'From',
  'Max-Forwards',
  'X-Custom-IP-Authorization',
  'X-Timer',
  'Content-Language',
  'X-Debug',
  'Pragma',
]
const UNSTORED = ['/timer/', '/nosuchthing/', '/document/5/download/'] as const

t.test('headers outside the key are not sent with a fill', async (t) => {
  const upstream = await showAll(t)
  const { ask, port } = await buildTestProxy(t, { upstreamUrl: upstream.url })
  const names = [...ABOUT_THE_WAY, ...OF_THE_MESSAGE]
  for (const [at, name] of names.entries()) {
    const path = `/client/?limit=${at}`
    // In both spellings: the one of CGI is the same header to servers that speak it.
    for (const spelt of [name, name.replaceAll('-', '_')]) {
      const poisoned = await askAny(port, path, { headers: { [spelt]: 'evil.example' } })
      t.equal(poisoned.status, 200, spelt)
      t.notMatch(poisoned.text, 'evil.example', spelt)
    }
    const hit = await ask(path)
    t.match(hit.headers['cache-status'], /; hit/u, name)
    t.notMatch(hit.text, 'evil.example', name)
  }
  t.equal(upstream.requests.length, names.length)
  t.comment(`${names.length} headers in two spellings, 0 came into a stored answer`)
})

t.test('nothing about consumers is told to the upstream, whatever they send', async (t) => {
  const upstream = await showAll(t)
  const { ask } = await buildTestProxy(t, { upstreamUrl: upstream.url })
  const headers = Object.fromEntries(
    ABOUT_THE_WAY.flatMap((name) => [name, name.toUpperCase(), name.replaceAll('-', '_')]).map(
      (name) => [name, 'evil.example'],
    ),
  )
  for (const path of UNSTORED) t.notMatch((await ask(path, { headers })).text, 'evil.example', path)
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'PROPFIND']) {
    await ask('/task/1/', { method, headers })
    const fields = upstream.requests.at(-1)?.headers ?? []
    const sent = fields.map(([name]) => name)
    const known = ['host', 'connection', 'accept', 'authorization', 'content-length', 'via']
    const via = fields.filter(([name]) => name === 'via').map(([, value]) => value)
    t.match(via, [/^1\.1 intervals-proxy-[\da-f]{16}$/u], 'its own name only')
    t.equal(via.length, 1)
    t.strictSame(
      sent.filter((name) => !known.includes(name)),
      [],
      method,
    )
  }
  t.comment(`${ABOUT_THE_WAY.length} headers about the way, 0 reached the upstream`)
})

t.test('another method than that of the request line is refused', async (t) => {
  const upstream = await showAll(t)
  const { ask } = await buildTestProxy(t, { upstreamUrl: upstream.url })
  const names = ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override', 'X-METHOD']
  const spellings = names.flatMap((name) => [name, name.replaceAll('-', '_'), name.toLowerCase()])
  for (const name of spellings) {
    for (const method of ['GET', 'POST', 'PUT']) {
      const answer = await ask('/client/1/', { method, headers: { [name]: 'DELETE' } })
      t.match(answer, { status: 400, text: /AMBIGUOUS_REQUEST/u }, `${method} ${name}`)
    }
  }
  t.equal(upstream.requests.length, 0)
  t.comment(
    `${spellings.length * 3} hidden methods, ${spellings.length * 3} refused, 0 reached the upstream`,
  )
})

t.test('a GET with a body is never answered from the cache, and never stored', async (t) => {
  const upstream = await showAll(t)
  const { ask, status } = await buildTestProxy(t, { upstreamUrl: upstream.url })
  const plain = await ask('/client/')
  for (const headers of [{}, { 'transfer-encoding': 'chunked', 'content-length': undefined }]) {
    for (const body of ['{"limit":1}', 'limit=1', 'GET /person/ HTTP/1.1\r\nhost: a\r\n\r\n']) {
      const fat = await ask('/client/', { body, headers })
      t.match(fat.headers['cache-status'], /fwd=bypass; detail=body/u)
      t.equal((JSON.parse(fat.text) as { body: string }).body, body, 'as it was sent')
    }
  }
  t.equal((await ask('/client/')).text, plain.text)
  t.equal((await status()).cache.entries, 1)
  t.equal(upstream.requests.length, 7)
})

t.test('nobody gets what a link made another one fetch', async (t) => {
  const upstream = await showAll(t)
  const { ask } = await buildTestProxy(t, { upstreamUrl: upstream.url })
  const links = ['/me/', '/client/1/', '/me/x.css', '/client/1;x.css', '/client/?x.css', '/me.js']
  for (const path of links) {
    await ask(path, { token: 'victim' })
    for (const token of [null, 'thief', 'VICTIM', 'victim ']) {
      const stolen = await ask(path, { token })
      t.notMatch(stolen.headers['cache-status'], /; hit/u, path)
      t.notMatch(stolen.text, basic('victim'), path)
    }
  }
  t.equal(upstream.requests.length, links.length * 5)
  t.comment(`${links.length * 4} tries to get what another token had fetched, 0 got it`)
})

t.test(
  'names of headers are the same in any case, and so are their values in the key',
  async (t) => {
    const upstream = await showAll(t)
    const { port } = await buildTestProxy(t, { upstreamUrl: upstream.url })
    const plain = bytesOf('GET /client/ HTTP/1.1', ['connection: close'])
    for (const bytes of [
      plain,
      plain.replace('authorization:', 'AUTHORIZATION:'),
      plain.replace('accept:', 'aCCept:\t '),
    ]) {
      const connection = await open(port, bytes)
      await connection.untilClosed()
      t.strictSame(connection.statuses(), [200])
    }
    t.equal(upstream.requests.length, 1)
    t.equal(valuesOf(upstream.requests[0]?.headers ?? [], 'authorization').length, 1)
  },
)
