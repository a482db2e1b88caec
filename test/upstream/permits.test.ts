import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { createUpstreamDispatcher, DISPATCH_CONTEXT } from '../../src/upstream/index.js'
import { realClock, until } from '../limits/real-clock.js'
import { ledgerWith, ofAccount, permitOf } from '../limits/setup.js'
import { watched, upstreamOf } from './setup.js'

t.test('without a permit: TypeError, and nothing is sent', async (t) => {
  const { upstream, port, sockets } = await upstreamOf(t, (_request, response) =>
    response.end('{}'),
  )
  const request = { origin: `http://127.0.0.1:${port}`, path: '/', method: 'GET' } as const
  await t.rejects(upstream.dispatcher.request(request), TypeError)
  await t.rejects(upstream.dispatcher.request({ ...request, headers: { a: 'b' } }), TypeError)
  await t.rejects(upstream.dispatcher.request({ ...request, headers: ['a', 'b'] }), TypeError)
  t.equal(sockets.length, 0)
})

t.test('with one: sent once, settled once', async (t) => {
  const { send, settled, arrived, ledger } = await upstreamOf(t, (_request, response) =>
    response.end('{"a":1}'),
  )
  const { status, body } = await send()
  t.equal(status, 200)
  t.equal(body.toString(), '{"a":1}')
  t.same(settled, ['answered'])
  t.equal(arrived.length, 1)
  t.match(ledger.usage().window, { held: 1, inFlight: 0 })
})

t.test('a permit is good for one request: the second is not sent', async (t) => {
  const { send, settled, arrived, permit } = await upstreamOf(t, (_request, response) =>
    response.end('{}'),
  )
  const used = await permit()
  await send({ permit: used })
  await t.rejects(send({ permit: used }), { code: 'PERMIT_VOID' })
  const twice = await permit()
  const results = await Promise.allSettled([send({ permit: twice }), send({ permit: twice })])
  t.same(results.map((one) => one.status).toSorted(), ['fulfilled', 'rejected'])
  t.equal(arrived.length, 2)
  t.same(settled, ['answered', 'answered'])
})

t.test('too old: not sent, and given back', async (t) => {
  const { send, settled, arrived, permit, ledger } = await upstreamOf(t, (_request, response) =>
    response.end('{}'),
  )
  const fresh = await permit()
  const old = Object.assign(fresh, { sendByMs: realClock.monotonicMs() - 1 })
  await t.rejects(send({ permit: old }), { code: 'PERMIT_VOID' })
  t.same(settled, ['unsent'])
  t.equal(arrived.length, 0)
  t.match(ledger.usage(), { window: { held: 0 }, days: [{ used: 0 }] })
  t.equal((await send()).status, 200, 'and the dispatcher goes on')
})

t.test('a refused connection: nothing was sent, all is given back', async (t) => {
  const { send, settled, ledger, server, sockets } = await upstreamOf(t, () => {})
  await new Promise((resolve) => server.close(resolve))
  await t.rejects(send(), { code: 'ECONNREFUSED' })
  t.same(settled, ['unsent'])
  t.equal(sockets.length, 0)
  t.match(ledger.usage(), { window: { held: 0 }, days: [{ used: 0 }] })
})

t.test('a consumer that went before its request was sent spends nothing', async (t) => {
  const { send, settled, arrived, ledger } = await upstreamOf(t, (_request, response) =>
    response.end('{}'),
  )
  const gone = new AbortController()
  const sending = send({ signal: gone.signal })
  await Promise.resolve()
  gone.abort(new Error('gone'))
  await t.rejects(sending)
  await until(() => settled.length === 1, 'settled')
  t.same(settled, ['unsent'])
  t.equal(arrived.length, 0)
  t.match(ledger.usage(), { window: { held: 0 }, days: [{ used: 0 }] })
})

t.test(
  'a consumer that goes while its request is out: dead, and the socket is reset',
  async (t) => {
    let problem: NodeJS.ErrnoException | undefined
    const { send, settled, arrived, ledger, sockets } = await upstreamOf(t, () => {})
    const gone = new AbortController()
    const sending = send({ signal: gone.signal })
    await until(() => arrived.length === 1, 'arrived')
    sockets[0]?.on('error', (error) => (problem = error))
    gone.abort(new Error('gone'))
    await t.rejects(sending, { message: 'gone' })
    await until(() => problem !== undefined, 'reset')
    t.equal(problem?.code, 'ECONNRESET')
    t.same(settled, ['dead'])
    t.match(ledger.usage().window, { held: 1, inFlight: 0 })
  },
)

t.test('a target that cannot be written is not sent, and given back', async (t) => {
  const { send, settled, arrived } = await upstreamOf(t, (_request, response) => response.end('{}'))
  for (const target of ['/a b', '/a\r\nx: y', '/ü\u0101']) {
    await t.rejects(send({ target }))
  }
  t.same(settled, ['unsent', 'unsent', 'unsent'])
  t.equal(arrived.length, 0)
})

t.test('giveBack works once, and only before the dispatcher has the permit', async (t) => {
  const { upstream, permit, send, settled } = await upstreamOf(t, (_request, response) =>
    response.end('{}'),
  )
  const unused = await permit()
  t.ok(upstream.giveBack(unused))
  t.notOk(upstream.giveBack(unused))
  await t.rejects(send({ permit: unused }), { code: 'PERMIT_VOID' })
  const used = await permit()
  await send({ permit: used })
  t.notOk(upstream.giveBack(used))
  t.same(settled, ['unsent', 'answered'])
})

t.test('closing the dispatcher settles the requests in flight', async (t) => {
  const { send, settled, arrived, upstream } = await upstreamOf(t, () => {})
  const sending = send()
  await until(() => arrived.length === 1, 'arrived')
  await Promise.all([t.rejects(sending), upstream.close()])
  t.same(settled, ['dead'])
})

t.test('a plain-text server behind https: unsent, and no byte of the request', async (t) => {
  const bytes: Buffer[] = []
  const server = createServer((socket) => {
    socket.on('data', (chunk) => {
      bytes.push(chunk)
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
    })
    socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const { ledger, settled } = watched(ledgerWith(realClock))
  const upstream = createUpstreamDispatcher({
    ledger,
    clock: realClock,
    timeoutMs: 1_000,
    answerTimeoutMs: 1_000,
    maxConnections: 1,
  })
  t.teardown(async () => {
    await upstream.close()
    await new Promise((resolve) => server.close(resolve))
  })
  const permit = permitOf(await ledger.take(ofAccount()))
  const context = { permit, target: '/secret/', body: null }
  await t.rejects(
    upstream.dispatcher.request({
      origin: `https://127.0.0.1:${port}`,
      path: '/',
      method: 'GET',
      headers: { [DISPATCH_CONTEXT]: context } as Record<string, string>,
    }),
  )
  t.same(settled, ['unsent'])
  t.notOk(Buffer.concat(bytes).includes('secret'))
})
