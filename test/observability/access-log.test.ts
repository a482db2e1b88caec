/** One line per request that explains its answer, under an id that the consumer gets too. */
import t from 'tap'
import { buildTestProxy } from '../server/build.js'
import { basic, until, type Answer } from '../server/client.js'

t.test('a line says who asked, what came of it, and what it cost', async (t) => {
  const proxy = await buildTestProxy(t)
  const named = { headers: { 'intervals-proxy-consumer': 'report', 'x-request-id': 'mine-1' } }
  await proxy.ask('/client/?limit=5', named)
  await proxy.ask('/client/?limit=5', named)
  await proxy.ask('/client//1')
  await proxy.ask('/-/status', { token: null })
  const [miss, hit, refused, ...more] = await linesOf(proxy, 3)
  const common = { method: 'GET', consumer: 'report', account: 'default', peer: '127.0.0.1' }
  t.match(miss, {
    ...common,
    reqId: 'mine-1',
    path: '/client',
    status: 200,
    outcome: 'uri-miss',
    stored: true,
    key: /^[0-9a-f]{8}$/,
    priority: 'interactive',
    permit: Number,
    queuedMs: Number,
    upstreamMs: Number,
    upstreamStatus: 200,
  })
  t.match(hit, { ...common, outcome: 'hit', ttlSeconds: Number, key: miss?.['key'] })
  for (const name of ['permit', 'queuedMs', 'upstreamMs']) t.notOk(hit && name in hit, name)
  t.match(refused, { path: '/client//1', status: 400, outcome: 'refused', detail: 'bad-target' })
  t.strictSame(more, [], 'own pages have none')
})

t.test('the id goes back: the one that was sent, or a new one', async (t) => {
  const proxy = await buildTestProxy(t)
  const idOf = ({ headers }: Answer): unknown => headers['x-request-id']
  for (const path of ['/client/', '/client/', '/timer/', '/client//1', '/-/livez', '/-/no']) {
    t.equal(
      idOf(await proxy.ask(path, { headers: { 'x-request-id': 'a.b:c@d/e+f=g-1' } })),
      'a.b:c@d/e+f=g-1',
      path,
    )
  }
  const made = new Set<unknown>()
  for (const sent of ['', 'two words', '"quoted"', 'x'.repeat(129), 'é', undefined]) {
    const headers = {
      'x-request-id': sent === undefined ? undefined : Buffer.from(sent).toString('latin1'),
    }
    const id = idOf(await proxy.ask('/client/', { headers }))
    t.match(id, /^[0-9a-f]{8}-\d+$/)
    made.add(id)
  }
  t.equal(made.size, 6, 'each its own')
})

t.test('a path that cannot be read is cut, and its query is not logged', async (t) => {
  const proxy = await buildTestProxy(t)
  await proxy.ask(`/client//${'x'.repeat(5_000)}?token=hush`)
  const [line] = await linesOf(proxy, 1)
  t.equal(String(line?.['path']).length, 200)
  t.notMatch(JSON.stringify(line), 'hush')
  t.notMatch(JSON.stringify(proxy.lines), basic('agencyadm01'))
})

async function linesOf({ lines }: { lines: Record<string, unknown>[] }, count: number) {
  const requests = () => lines.filter(({ msg }) => msg === 'request')
  await until(() => requests().length >= count, `${count} lines`)
  return requests()
}
