/** Consumers that go away at every stage: nothing is left of them, and what was sent is not sent twice. */
import t from 'tap'
import { buildTestProxy, startUpstream, type TestProxy } from '../build.js'
import { startBystander, untilNothingIsLeft, watchWarnings } from './bystander.js'
import { bytesOf, open, type RawConnection } from './raw-client.js'

const MANY = 15

/** How somebody goes: with a reset, with an end of both sides, with an end of their own side only. */
const WAYS: Readonly<Record<string, (connection: RawConnection) => void>> = {
  reset: ({ socket }) => void socket.resetAndDestroy(),
  end: ({ socket }) => void socket.destroy(),
  'half an end': ({ socket }) => void socket.end(),
}

const get = (path: string): string => bytesOf(`GET ${path} HTTP/1.1`)
const post = (path: string, body: string, length = body.length): string =>
  bytesOf(`PUT ${path} HTTP/1.1`, [`content-length: ${length}`], body)

/** What they had sent when they went, and which calls it may have cost: at least and at most. */
const EARLY: readonly (readonly [name: string, bytes: string])[] = [
  ['before the first byte', ''],
  ['in the request line', 'GET /cli'],
  ['before the headers end', get('/client/?limit=900').slice(0, -2)],
  ['in the middle of a body', post('/client/1/', '{"name":', 100)],
  ['before a body begins', post('/client/1/', '', 100)],
  [
    'in the middle of a chunk',
    bytesOf('PUT /client/1/ HTTP/1.1', ['transfer-encoding: chunked'], 'FF\r\n{"name"'),
  ],
  ['in the body of a GET', bytesOf('GET /client/ HTTP/1.1', ['content-length: 100'], 'abc')],
]

t.test('whoever goes away before the request is whole costs no call', async (t) => {
  const warnings = watchWarnings(t)
  const proxy = await buildTestProxy(t)
  const bystander = startBystander(proxy)
  const before = (): number =>
    proxy.sim.arrivals.filter(({ method, target }) => method !== 'GET' || /900/u.test(target))
      .length
  let tried = 0
  for (const [name, bytes] of EARLY) {
    for (const [way, leave] of Object.entries(WAYS)) {
      const all = await Promise.all(Array.from({ length: MANY }, () => open(proxy.port, bytes)))
      for (const connection of all) leave(connection)
      for (const connection of all) {
        await connection.untilClosed().catch(() => t.fail(`${name}, ${way}: still open`))
      }
      tried += MANY
    }
  }
  await bystander.stop(t, 'early aborts')
  t.equal(before(), 0)
  await untilNothingIsLeft(t, proxy, 'early aborts')
  t.strictSame(errorsOf(proxy), [])
  t.strictSame(warnings(), [])
  t.comment(`${tried} went away before their request was whole, 0 calls`)
})

const errorsOf = ({ lines }: TestProxy) => lines.filter(({ level }) => Number(level) >= 50)

/** Requests of one connection each; `calls` is what they cost, however many they are. */
const WHOLE: readonly (readonly [name: string, bytes: string, calls: number])[] = [
  ['one fill that all wait for', get('/worktype/?limit=901'), 1],
  ['reads past the cache', get('/timer/?limit=902'), MANY],
  ['writes', post('/tasknote/100001/', '{"note":"New"}'), MANY],
]

for (const [name, bytes, calls] of WHOLE) {
  for (const [way, leave] of Object.entries(WAYS)) {
    t.test(`${name}: all go while they are queued (${way})`, async (t) => {
      const warnings = watchWarnings(t)
      const proxy = await buildTestProxy(t, {
        settings: { limits: { minute: { max: 2, window: '5m' }, queue: { maxWait: '1h' } } },
      })
      const { ask, port, sim } = proxy
      await ask('/client/')
      await ask('/project/')
      const all = await Promise.all(Array.from({ length: MANY }, () => open(port, bytes)))
      await proxy.untilQueued(calls === 1 ? 1 : MANY)
      t.match((await ask('/client/')).headers['cache-status'], /; hit/u, 'hits go on')
      for (const connection of all) leave(connection)
      await untilNothingIsLeft(t, proxy, name)
      t.equal(sim.arrivals.length, 2, 'none of them was sent')
      t.strictSame(errorsOf(proxy), [])
      t.strictSame(warnings(), [])
    })

    t.test(`${name}: all go while the upstream works (${way})`, async (t) => {
      const warnings = watchWarnings(t)
      const proxy = await buildTestProxy(t)
      const { ask, port, sim, status, untilRequests } = proxy
      await ask('/client/')
      const bystander = startBystander(proxy)
      const hold = sim.hold(({ target, method }) => /90\d/u.test(target) || method === 'PUT')
      const all = await Promise.all(Array.from({ length: MANY }, () => open(port, bytes)))
      await hold.untilWaiting(calls)
      await untilRequests(MANY)
      for (const connection of all) leave(connection)
      for (const connection of all) await connection.untilClosed()
      hold.release()
      await bystander.stop(t, name)
      await untilNothingIsLeft(t, proxy, name)
      const sent = sim.arrivals.filter(
        ({ target, method }) => /90\d/u.test(target) || method === 'PUT',
      )
      t.equal(sent.length, calls, 'each was sent once')
      if (calls === 1) {
        t.match((await ask('/worktype/?limit=901')).headers['cache-status'], /; hit/u, 'and kept')
      }
      t.equal((await status()).budgets.minute.inFlight, 0, 'each permit is settled')
      t.strictSame(errorsOf(proxy), [])
      t.strictSame(warnings(), [])
    })
  }
}

t.test('who goes away in the middle of an answer leaves nothing behind', async (t) => {
  const warnings = watchWarnings(t)

  const long = Buffer.alloc(4 * 1024 * 1024, 0x20)
  const upstream = await startUpstream(t, ({ url = '' }, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(/long/u.test(url) ? long : '{}')
  })
  const settings = { cache: { maxEntrySize: '1MiB', maxSize: '64MiB' } }
  let tried = 0
  for (const path of ['/client/?long', '/nosuchthing/?long', '/project/?long']) {
    for (const [way, leave] of Object.entries(WAYS)) {
      const proxy = await buildTestProxy(t, {
        upstreamUrl: upstream.url,
        settings: path.startsWith('/project') ? {} : settings,
      })
      if (path.startsWith('/project')) await proxy.ask(path)
      const bystander = startBystander(proxy)
      for (let one = 0; one < 4; one++) {
        const connection = await open(proxy.port, get(path))
        await connection.untilStatuses(1)
        connection.socket.pause()
        leave(connection)
        // Half an end: what is still on its way is of no use to anybody who does not read it.
        if (way === 'half an end') connection.socket.resume()
        await connection.untilClosed()
        tried++
      }
      await bystander.stop(t, `${path}, ${way}`)
      await untilNothingIsLeft(t, proxy, `${path}, ${way}`)
      t.strictSame(errorsOf(proxy), [])
    }
  }
  t.strictSame(warnings(), [])
  t.comment(`${tried} went away in the middle of an answer`)
})
