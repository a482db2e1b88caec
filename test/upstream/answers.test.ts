import { gzipSync } from 'node:zlib'
import t from 'tap'
import { classifyFailure } from '../../src/upstream/index.js'
import { MAX_REFUSAL_BYTES } from '../../src/upstream/refusal.js'
import { until } from '../limits/real-clock.js'
import { upstreamOf } from './setup.js'

const json = (code: number, message = 'm', value = 'v') =>
  Buffer.from(JSON.stringify({ code: 400, error: { code, message, verbose: { value } } }))

t.test('settled at the headers, not at the end of the body', async (t) => {
  let finish = (): void => {}
  const { dispatch, settled } = await upstreamOf(t, (_request, response) => {
    response.write('first')
    finish = () => response.end('last')
  })
  const { body } = await dispatch()
  t.same(settled, ['answered'])
  finish()
  t.equal(await body.text(), 'firstlast')
  t.same(settled, ['answered'], 'once')
})

t.test('1xx is no answer yet', async (t) => {
  let finish = (): void => {}
  const { send, settled, arrived } = await upstreamOf(t, ({ url }, response) => {
    const end = () => response.end('{}')
    if (url === '/other') {
      end()
      return
    }
    response.writeProcessing()
    response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' })
    finish = end
  })
  const sending = send()
  await until(() => arrived.length === 1, 'arrived')
  await send({ target: '/other' })
  t.same(settled, ['answered'], 'a whole other call has ended, and only that one')
  finish()
  t.equal((await sending).status, 200)
  t.same(settled, ['answered', 'answered'])
})

t.test('no headers in time: reset, and settled as dead', async (t) => {
  let problem: NodeJS.ErrnoException | undefined
  const { send, settled, arrived, ledger } = await upstreamOf(
    t,
    (_request, response) => {
      response.socket?.on('error', (error) => (problem = error))
    },
    { timeoutMs: 60 },
  )
  await t.rejects(send({ method: 'POST', body: Buffer.from('{}') }), { code: 'UPSTREAM_TIMEOUT' })
  t.same(settled, ['dead'])
  await until(() => problem !== undefined, 'reset')
  t.equal(problem?.code, 'ECONNRESET')
  t.equal(arrived.length, 1, 'and no second attempt')
  t.match(ledger.usage().window, { held: 1, inFlight: 0 })
})

t.test('the upstream hangs up before an answer: dead, and no second attempt', async (t) => {
  const { send, settled, arrived } = await upstreamOf(t, (_request, response) =>
    response.socket?.destroy(),
  )
  await t.rejects(send())
  t.same(settled, ['dead'])
  t.equal(arrived.length, 1)
})

t.test('a refusal is recognised, plain and compressed, and pauses', async (t) => {
  for (const encoding of [undefined, 'gzip']) {
    const body = encoding === 'gzip' ? gzipSync(json(12)) : json(12)
    const { send, settled, ledger } = await upstreamOf(t, (_request, response) => {
      if (encoding !== undefined) response.setHeader('content-encoding', encoding)
      response.writeHead(400).end(body)
    })
    await t.rejects(send(), {
      code: 'UPSTREAM_REFUSED',
      status: 400,
      refusal: { reason: 'too-fast' },
    })
    t.same(settled, ['answered'])
    t.match(ledger.usage(), { pauses: [{ reason: 'too-fast' }], window: { ceiling: 37 } })
  }
})

t.test('other refusals, by status', async (t) => {
  for (const [status, body, reason] of [
    [400, json(11), 'day-exceeded'],
    [429, Buffer.alloc(0), 'too-fast'],
    [402, Buffer.alloc(0), 'unpaid'],
    [418, Buffer.alloc(0), 'banned'],
    [503, json(4), 'suspended'],
  ] as const) {
    const { send, ledger } = await upstreamOf(t, (_request, response) =>
      response.writeHead(status).end(body),
    )
    await t.rejects(send(), { code: 'UPSTREAM_REFUSED', status, refusal: { reason } })
    t.match(ledger.usage().pauses, [{ reason }])
  }
})

t.test('a 200 whose envelope reports code 11 or 12 is a refusal too', async (t) => {
  const xml = '<?xml version="1.0"?><intervals><error><code>12</code></error></intervals>'
  for (const [body, headers] of [
    [json(12), {}],
    [json(11), {}],
    [Buffer.from(xml), {}],
    [gzipSync(json(12)), { 'content-encoding': 'gzip' }],
  ] as const) {
    const { send, ledger } = await upstreamOf(t, (_request, response) =>
      response.writeHead(200, headers).end(body),
    )
    await t.rejects(send(), { code: 'UPSTREAM_REFUSED', status: 200 })
    t.equal(ledger.usage().pauses.length, 1)
  }
})

t.test('a refusal by another intervals-proxy pauses nothing', async (t) => {
  const body = JSON.stringify({ code: 429, source: 'intervals-proxy', error: { code: 12 } })
  for (const status of [429, 503]) {
    const { send, ledger, settled } = await upstreamOf(t, (_request, response) =>
      response.writeHead(status, { 'retry-after': '7' }).end(body),
    )
    const error: unknown = await send().catch((error: unknown) => error)
    t.match(error, { code: 'GATEWAY_REFUSED', status, retryAfterMs: 7_000 })
    t.equal(classifyFailure(error), 'gateway-refused')
    t.match(ledger.usage(), { pauses: [], window: { ceiling: 50 } })
    t.same(settled, ['answered'])
  }
  for (const status of [400, 402, 418, 502, 504]) {
    const { send, ledger } = await upstreamOf(t, (_request, response) =>
      response.writeHead(status).end(body),
    )
    t.match(await send(), { status, body: Buffer.from(body) }, 'passed on')
    t.same(ledger.usage().pauses, [])
  }
})

t.test('any other 200 is passed on as it arrives, byte for byte', async (t) => {
  const row = JSON.stringify({ code: 200, client: [{ id: 1, name: 'error', note: '"error"' }] })
  const large = Buffer.from(row.repeat(500))
  const cases: readonly (readonly [string, Buffer, Record<string, string>])[] = [
    ['a row called error', Buffer.from(row), {}],
    ['another code', json(18), {}],
    ['long', large, {}],
    ['long and compressed', gzipSync(large, { level: 0 }), { 'content-encoding': 'gzip' }],
    ['empty', Buffer.alloc(0), {}],
  ]
  for (const [name, body, headers] of cases) {
    const { send, ledger } = await upstreamOf(t, (_request, response) => {
      response.writeHead(200, headers)
      response.write(body.subarray(0, 7))
      response.end(body.subarray(7))
    })
    const answer = await send()
    t.ok(answer.body.equals(body), name)
    t.same(ledger.usage().pauses, [], name)
  }
})

t.test('an ordinary suspect answer is passed on byte for byte', async (t) => {
  const long = Buffer.concat([json(12), Buffer.alloc(MAX_REFUSAL_BYTES, 'x')])
  const cases: readonly [string, number, readonly Buffer[], Record<string, string>][] = [
    ['a validation error', 400, [json(18)], {}],
    ['one that quotes a code', 400, [json(18, 'code 12', 'Requests were sent too fast')], {}],
    ['in pieces', 400, [json(17).subarray(0, 9), json(17).subarray(9)], {}],
    ['compressed', 400, [gzipSync(json(18))], { 'content-encoding': 'gzip' }],
    ['called compressed', 400, [Buffer.from([1, 2, 0, 255])], { 'content-encoding': 'gzip' }],
    ['empty', 400, [], {}],
    ['not text', 400, [Buffer.from([0, 255, 254, 128, 10])], {}],
    ['longer than a refusal', 400, [long.subarray(0, 40_000), long.subarray(40_000)], {}],
    ['a plain 503', 503, [Buffer.from('<html>maintenance</html>')], { 'retry-after': '5' }],
  ]
  for (const [name, status, pieces, headers] of cases) {
    const { send, ledger, settled } = await upstreamOf(t, (_request, response) => {
      response.writeHead(status, { 'x-own': 'kept', ...headers })
      for (const piece of pieces) response.write(piece)
      response.end()
    })
    const answer = await send()
    t.equal(answer.status, status, name)
    t.ok(answer.body.equals(Buffer.concat(pieces)), `${name}: its bytes`)
    t.match(answer.headers, { 'x-own': 'kept', ...headers })
    t.same(ledger.usage().pauses, [])
    t.same(settled, ['answered'])
  }
})

t.test('the upstream dies in the middle of a suspect body', async (t) => {
  for (const [start, code] of [
    ['{"error":{"code":12,"mess', 'UPSTREAM_REFUSED'],
    ['{"error":{"code":18,"mess', 'UND_ERR_SOCKET'],
  ] as const) {
    const { send, settled, ledger } = await upstreamOf(t, (_request, response) => {
      response.writeHead(400, { 'content-length': '1000' })
      response.write(start, () => response.socket?.destroy())
    })
    await t.rejects(send(), { code })
    t.same(settled, ['answered'])
    t.equal(ledger.usage().pauses.length, code === 'UPSTREAM_REFUSED' ? 1 : 0)
  }
})

t.test('target and body are sent byte for byte, and sockets are used again', async (t) => {
  const { send, arrived, sockets } = await upstreamOf(t, (_request, response) => response.end('{}'))
  const targets = [
    '/a%2Cb?x=1,2&y=%20',
    '//x/../y/./z',
    '/task?',
    '/?a=%zz&b=[1]',
    '/t/;v="1"|{}^`',
  ]
  for (const target of targets) t.equal((await send({ target })).status, 200)
  t.same(
    arrived.map((one) => one.target),
    targets,
  )
  const body = Buffer.from([0, 255, 13, 10, 123, 128])
  await send({ method: 'POST', body })
  t.ok(arrived.at(-1)?.body.equals(body))
  t.match(arrived.at(-1)?.headers, { 'content-length': '6', 'x-test': '1' })
  t.ok(sockets.length <= 2, `${sockets.length} sockets for 6 requests`)
})
