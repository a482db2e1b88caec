import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { createMemoryRecords } from '../../src/idempotency/memory-records.js'
import type { KeyRecords } from '../../src/server/ports/key-records.js'
import { buildTestProxy, startUpstream } from '../server/build.js'
import { problemOf, until } from '../server/client.js'
import { bytesOf, open } from '../server/hostile/raw-client.js'
import { entriesOf, postWithKey, timeEntry, writesOf } from './setup.js'

const UNKNOWN = [
  ['execute-then-reset', 502],
  ['execute-then-hang', 504],
  ['reset', 502],
  ['hang', 504],
  ['reset-mid-body', 502],
  ['hang-mid-body', 504],
  ['truncated', 502],
  ['garbage', 502],
] as const

for (const [kind, status] of UNKNOWN) {
  t.test(`${kind}: nobody knows, so no repeat goes out`, async (t) => {
    const proxy = await buildTestProxy(t, {
      settings: { upstream: { timeout: status === 504 ? '500ms' : '5s' } },
    })
    const post = postWithKey('k', timeEntry(kind))
    proxy.sim.setFaults([{ kind, times: 1, match: { method: 'POST' } }])
    t.equal((await proxy.ask('/time/', post)).status, status)
    for (let i = 0; i < 3; i++) {
      const repeat = await proxy.ask('/time/', post)
      t.equal(repeat.status, 409)
      t.match(problemOf(repeat).error, { reason: 'IDEMPOTENCY_UNKNOWN', message: /new key/ })
      t.equal(repeat.headers['cache-status'], 'intervals-proxy; detail=idempotency-unknown')
    }
    t.equal((await proxy.ask('/time/', postWithKey('k', timeEntry('other')))).status, 422)
    t.equal(writesOf(proxy), 1)
    t.ok((await entriesOf(proxy.direct, kind)) <= 1)
  })
}

t.test('refused for a limit: sent again at once, or by a repeat', async (t) => {
  const proxy = await buildTestProxy(t, {
    settings: { limits: { minute: { window: '1s' }, queue: { maxWait: '30s' } } },
  })
  proxy.sim.setFaults([{ kind: 'status', status: 400, apiCode: 12, times: 1 }])
  t.equal((await proxy.ask('/time/', postWithKey('k', timeEntry('again')))).status, 201)
  t.equal(writesOf(proxy), 2)
  t.equal(await entriesOf(proxy.direct, 'again'), 1)

  proxy.sim.setFaults([{ kind: 'status', status: 400, apiCode: 12, times: 1 }])
  const hasty = { ...postWithKey('l', timeEntry('later')) }
  const refused = await proxy.ask('/time/', {
    ...hasty,
    headers: { ...hasty.headers, prefer: 'wait=0' },
  })
  t.ok([429, 503].includes(refused.status))
  t.equal((await proxy.ask('/time/', hasty)).status, 201)
  t.equal(await entriesOf(proxy.direct, 'later'), 1)
})

t.test('refused by the queue: nothing is noted, and a repeat goes out', async (t) => {
  const proxy = await buildTestProxy(t, {
    settings: { limits: { minute: { max: 1, window: '1s' } } },
  })
  await proxy.ask('/client/')
  const post = postWithKey('k', timeEntry('queued'))
  const refused = await proxy.ask('/time/', {
    ...post,
    headers: { ...post.headers, prefer: 'wait=0' },
  })
  t.equal(refused.status, 429)
  t.equal(await proxy.metric('idempotency_keys'), 0)
  t.equal((await proxy.ask('/time/', post)).status, 201)
})

t.test('never connected: free again', async (t) => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  const proxy = await buildTestProxy(t, { upstreamUrl: `http://127.0.0.1:${port}/` })
  for (let i = 0; i < 2; i++) {
    const answer = await proxy.ask('/time/', postWithKey('k', timeEntry('unsent')))
    t.equal(answer.status, 502)
    t.match(problemOf(answer).error, { reason: 'UPSTREAM_UNREACHABLE' })
  }
  t.equal(await proxy.metric('idempotency_keys'), 0)
})

t.test('a refused token: free again; other errors are answers like any', async (t) => {
  const { ask, metric } = await buildTestProxy(t)
  const unknown = await ask('/time/', postWithKey('k', timeEntry('x'), { token: 'nobody' }))
  t.equal(unknown.status, 401)
  t.equal(await metric('idempotency_keys'), 0)
  const wrong = postWithKey('k', '{"time":"2"}')
  const first = await ask('/time/', wrong)
  t.equal(first.status, 400)
  const repeat = await ask('/time/', wrong)
  t.strictSame([repeat.status, repeat.text], [400, first.text])
  t.equal(repeat.headers['idempotent-replayed'], 'true')
})

t.test('an answer of 500 is repeated: it does not say what was done', async (t) => {
  const proxy = await buildTestProxy(t)
  proxy.sim.setFaults([{ kind: 'status', status: 500, times: 1, match: { method: 'POST' } }])
  const post = postWithKey('k', timeEntry('failed'))
  t.equal((await proxy.ask('/time/', post)).status, 500)
  const repeat = await proxy.ask('/time/', post)
  t.equal(repeat.status, 500)
  t.equal(repeat.headers['idempotent-replayed'], 'true')
  t.equal(writesOf(proxy), 1)
})

t.test('a long answer is passed on, not kept, and not asked for again', async (t) => {
  let calls = 0
  const long = Buffer.alloc(3_000_000, 'long ')
  const { url } = await startUpstream(t, (request, response) => {
    request.resume()
    calls++
    response.setHeader('content-type', 'text/plain')
    response.setHeader('content-length', long.length)
    response.writeHead(201)
    response.end(long)
  })
  const { ask } = await buildTestProxy(t, { upstreamUrl: url })
  const first = await ask('/document/', postWithKey('k', 'file'))
  t.equal(first.status, 201)
  t.ok(first.body.equals(long))
  const repeat = await ask('/document/', postWithKey('k', 'file'))
  t.equal(repeat.status, 409)
  t.match(problemOf(repeat).error, { reason: 'IDEMPOTENCY_NOT_KEPT', message: /answered with 201/ })
  t.equal(calls, 1)
})

t.test('a consumer that leaves after sending finds its answer', async (t) => {
  const proxy = await buildTestProxy(t)
  const hold = proxy.sim.hold(({ method }) => method === 'POST')
  const gone = new AbortController()
  const post = postWithKey('k', timeEntry('left alone'))
  const left = proxy.ask('/time/', { ...post, signal: gone.signal })
  await hold.untilWaiting(1)
  gone.abort()
  await t.rejects(left)
  await until(() => proxy.lines.some(({ outcome }) => outcome === 'abandoned'), 'its end')
  hold.release()
  await proxy.untilNoCalls()
  const repeat = await proxy.ask('/time/', post)
  t.equal(repeat.status, 201)
  t.equal(repeat.headers['idempotent-replayed'], 'true')
  t.equal(await entriesOf(proxy.direct, 'left alone'), 1)
  t.equal(writesOf(proxy), 1)
})

t.test('a consumer that leaves a long answer leaves no connection behind', async (t) => {
  let isEnded = false
  const { url } = await startUpstream(t, (request, response) => {
    request.resume()
    response.writeHead(201, { 'content-type': 'text/plain' })
    response.once('close', () => (isEnded = true))
    response.write(Buffer.alloc(1_100_000))
  })
  const { ask, port } = await buildTestProxy(t, {
    upstreamUrl: url,
    settings: { upstream: { timeout: '60s' } },
  })
  const key = ['idempotency-key: k', 'content-type: application/json', 'content-length: 4']
  const leaving = await open(port, bytesOf('POST /document/ HTTP/1.1', key, 'file'))
  // An answer is passed on before its end once it is known to be too long to keep.
  await leaving.untilStatuses(1)
  leaving.socket.destroy()
  await until(() => isEnded, 'the end of the upstream’s answer')
  t.equal((await ask('/document/', postWithKey('k', 'file'))).status, 409)
})

t.test('a consumer that has left is no reason to stop before the answer is kept', async (t) => {
  const ends: string[] = []
  const records = createMemoryRecords()
  const noted: KeyRecords = {
    ...records,
    async complete(...given) {
      await records.complete(...given)
      ends.push('kept')
    },
  }
  const proxy = await buildTestProxy(t, { deps: { idempotency: { records: noted } } })
  const hold = proxy.sim.hold(({ method }) => method === 'POST')
  const gone = new AbortController()
  const post = postWithKey('k', timeEntry('closing'))
  const left = proxy.ask('/time/', { ...post, signal: gone.signal })
  await hold.untilWaiting(1)
  gone.abort()
  await t.rejects(left)
  const closed = proxy.app.close().then(() => ends.push('closed'))
  await proxy.direct('/client/')
  t.strictSame(ends, [], 'it waits')
  hold.release()
  await closed
  t.strictSame(ends, ['kept', 'closed'])
})

t.test('what cannot be noted is not sent', async (t) => {
  const records = createMemoryRecords()
  const broken = { ...records, begin: () => Promise.reject(new Error('ENOSPC')) }
  const proxy = await buildTestProxy(t, { deps: { idempotency: { records: broken } } })
  const answer = await proxy.ask('/time/', postWithKey('k', timeEntry('unnoted')))
  t.equal(answer.status, 503)
  t.match(problemOf(answer).error, { reason: 'LEDGER_UNAVAILABLE' })
  t.match(answer.headers['retry-after'], /^\d+$/)
  t.equal(proxy.targets().length, 0)
  t.match((await proxy.status()).budgets.minute, { used: 0, inFlight: 0 })
  t.equal((await proxy.ask('/time/', { method: 'POST', body: timeEntry('plain') })).status, 201)
})

t.test('an answer that cannot be kept is passed on, and its repeat is unknown', async (t) => {
  const records = createMemoryRecords()
  const broken = { ...records, complete: () => Promise.reject(new Error('ENOSPC')) }
  const proxy = await buildTestProxy(t, { deps: { idempotency: { records: broken } } })
  const post = postWithKey('k', timeEntry('unkept'))
  t.equal((await proxy.ask('/time/', post)).status, 201)
  t.equal((await proxy.ask('/time/', post)).status, 409)
  t.equal(writesOf(proxy), 1)
  t.ok(proxy.lines.some(({ level }) => level === 50))
})

t.test('full, and after a loss: refused, without a key it goes out', async (t) => {
  const full = await buildTestProxy(t, {
    deps: { idempotency: { records: createMemoryRecords({ maxRecords: 1 }) } },
  })
  t.equal((await full.ask('/time/', postWithKey('a', timeEntry('a')))).status, 201)
  const refused = await full.ask('/time/', postWithKey('b', timeEntry('b')))
  t.equal(refused.status, 503)
  t.match(problemOf(refused).error, { reason: 'IDEMPOTENCY_FULL' })
  t.ok(Number(refused.headers['retry-after']) > 86_000)
  t.equal(writesOf(full), 1)

  const inDoubtUntilMs = Date.now() + 3_600_000
  const lost = await buildTestProxy(t, {
    deps: { idempotency: { records: createMemoryRecords(), inDoubtUntilMs } },
  })
  const doubtful = await lost.ask('/time/', postWithKey('a', timeEntry('a')))
  t.equal(doubtful.status, 503)
  t.match(problemOf(doubtful).error, { reason: 'IDEMPOTENCY_LOST' })
  t.ok(Number(doubtful.headers['retry-after']) > 3_500)
  t.equal(lost.targets().length, 0)
  t.equal((await lost.ask('/time/', { method: 'POST', body: timeEntry('a') })).status, 201)
})
