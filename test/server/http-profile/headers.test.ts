import { request as send } from 'node:http'
import t from 'tap'
import { sendRaw } from '../client.js'
import { buildHttpProxy } from './setup.js'

t.test('what is of the connection stays there, in both directions', async (t) => {
  const proxy = await buildHttpProxy(t, {
    handler: (_request, response) =>
      response
        .writeHead(200, {
          'cache-control': 'max-age=60',
          connection: 'keep-alive, X-Hop',
          'keep-alive': 'timeout=9',
          'proxy-authenticate': 'Basic',
          'proxy-connection': 'keep-alive',
          upgrade: 'h2c',
          'x-hop': '1',
          'x-end': '1',
          via: '1.0 origin',
          'cache-status': 'origin; hit',
        })
        .end('body'),
  })
  const sent = {
    connection: 'x-mine',
    'x-mine': '1',
    te: 'trailers',
    'proxy-authorization': 'Basic x',
    via: '1.1 before',
    prefer: 'return=minimal',
    'idempotency-key': '"k"',
    'x-forwarded-host': 'evil',
    'x-end': '1',
  }
  for (const when of ['fetched', 'stored']) {
    const { headers } = await proxy.get('/a', sent)
    for (const name of ['x-hop', 'proxy-authenticate', 'proxy-connection', 'upgrade']) {
      t.equal(headers[name], undefined, `${name}, ${when}`)
    }
    t.equal(headers['x-end'], '1')
    t.equal(headers.via, '1.0 origin, 1.1 intervals-proxy')
    // What a cache before us said is about the answer that was fetched, not about a hit.
    const before = when === 'fetched' ? 'origin; hit, ' : ''
    t.match(headers['cache-status'], new RegExp(`^${before}intervals-proxy; `, 'u'))
  }
  const { headers } = proxy.arrivals[0]!
  for (const name of ['x-mine', 'te', 'proxy-authorization', 'x-forwarded-host']) {
    t.equal(headers[name], undefined, name)
  }
  t.equal(headers['x-end'], '1')
  t.match(headers.via, /^1\.1 before, 1\.1 intervals-proxy-[\da-f]{16}$/u)
  t.equal(headers['prefer'], 'return=minimal')
  t.equal(headers['idempotency-key'], '"k"', 'nobody here remembers it')
})

t.test('trailers of either side end here, and never become headers', async (t) => {
  const proxy = await buildHttpProxy(t, {
    handler: (request, response) => {
      response.writeHead(200, { 'cache-control': 'max-age=60', trailer: 'X-After' })
      response.write('a')
      response.addTrailers({ 'X-After': '1' })
      response.end(`b ${String(request.headers['x-late'])} ${String(request.trailers['x-late'])}`)
    },
  })
  const head = 'POST /a HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\ntrailer: X-Late\r\n'
  const raw = await sendRaw(
    proxy.port,
    `${head}connection: close\r\n\r\n1\r\nx\r\n0\r\nX-Late: 1\r\n\r\n`,
  )
  t.match(raw, /^HTTP\/1\.1 200 OK\r\n/u)
  t.match(raw, /b undefined undefined\r\n0\r\n\r\n$/u)
  t.notMatch(raw, /x-after/iu)
  t.notMatch((await proxy.get('/a')).rawHeaders.join(), /x-after|trailer/iu)
})

t.test('1xx: 102 and 103 reach the consumer, the final answer is stored', async (t) => {
  const proxy = await buildHttpProxy(t, {
    handler: (_request, response) => {
      response.writeProcessing()
      response.writeEarlyHints({ link: '</a.css>; rel=preload; as=style', 'x-hint': 'yes' })
      response.writeHead(200, { 'cache-control': 'max-age=60' }).end('body')
    },
  })
  const seen: { status: number; hint: unknown }[] = []
  const text = await new Promise<string>((resolve, reject) => {
    const asked = send({ host: '127.0.0.1', port: proxy.port, path: '/a' }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve(Buffer.concat(chunks).toString()))
    })
    asked.on('information', ({ statusCode, headers }) =>
      seen.push({ status: statusCode, hint: headers['x-hint'] }),
    )
    asked.on('error', reject).end()
  })
  t.equal(text, 'body')
  t.strictSame(seen, [
    { status: 102, hint: undefined },
    { status: 103, hint: 'yes' },
  ])
  t.equal((await proxy.get('/a')).text, 'body')
  t.equal(proxy.arrivals.length, 1)
  const old = await sendRaw(proxy.port, 'GET /b HTTP/1.0\r\nhost: a\r\n\r\n')
  t.match(old, /^HTTP\/1\.1 200 OK/u, 'HTTP/1.0 knows none')
})

t.test('Max-Forwards is counted down, and ends at nothing', async (t) => {
  const proxy = await buildHttpProxy(t, { handler: (_request, response) => response.end('up') })
  const ask = (method: string, hops: string) =>
    proxy.send(method, '/a', { headers: { 'max-forwards': hops } })
  t.equal((await ask('OPTIONS', '3')).status, 200)
  t.equal(proxy.arrivals[0]!.headers['max-forwards'], '2')
  t.equal((await ask('OPTIONS', '0')).status, 204)
  t.equal((await ask('TRACE', '0')).status, 405)
  t.equal(proxy.arrivals.length, 1)
  t.equal((await ask('GET', '0')).text, 'up', 'for other methods it says nothing')
  t.equal((await ask('OPTIONS', 'x')).status, 200)
})

t.test('nothing of ours is added to what an answer is', async (t) => {
  const bytes = Buffer.from([0, 1, 2, 250, 255])
  const proxy = await buildHttpProxy(t, {
    handler: (request, response) => {
      const headers = { 'cache-control': 'max-age=60', 'x-text': 'caf\u00e9' }
      if (request.url === '/none') response.writeHead(204, headers).end()
      else response.writeHead(200, headers).end(bytes)
    },
  })
  for (const when of ['fetched', 'stored']) {
    const answer = await proxy.get('/bytes')
    t.ok(answer.body.equals(bytes), when)
    t.equal(answer.headers['content-type'], undefined)
    t.equal(answer.headers['x-text'], 'caf\u00e9')
    t.equal(answer.headers['content-length'], '5')
    t.match(await proxy.get('/none'), { status: 204, text: '' })
  }
  t.equal(proxy.arrivals.length, 2)
})

t.test('what asks for two methods at once is refused', async (t) => {
  const proxy = await buildHttpProxy(t, { handler: (_request, response) => response.end('up') })
  for (const name of ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override']) {
    t.equal((await proxy.get('/a', { [name]: 'DELETE' })).status, 400, name)
  }
  t.equal((await proxy.get('/a//b')).status, 400)
  t.equal(proxy.arrivals.length, 0)
})
