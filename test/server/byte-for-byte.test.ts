import { gunzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { startSimulator } from '../../src/simulator/index.js'
import { buildTestProxy, type TestProxy } from './build.js'
import { ask, basic, type Answer, type Ask } from './client.js'

const AXIOS = 'application/json, text/plain, */*'
const without = (...names: string[]) => ({
  headers: Object.fromEntries(names.map((name) => [name, undefined])),
})

/** What real clients were seen to send; `ID` stands for a row that exists. */
const READS: readonly (readonly [name: string, path: string, request?: Ask])[] = [
  [
    'undici fetch',
    '/client/?limit=100&offset=0',
    {
      headers: {
        'accept-encoding': 'gzip, deflate',
        'accept-language': '*',
        'sec-fetch-mode': 'cors',
        'user-agent': 'node',
      },
    },
  ],
  [
    'axios, with a content-type',
    '/task?localid=1,2&limit=100',
    { headers: { accept: AXIOS, 'content-type': 'application/json' } },
  ],
  ['commas encoded', '/task?localid=1%2C2&limit=100'],
  ['a member with the slash', '/client/ID/'],
  ['a member without the slash', '/project/ID'],
  ['a collection without the slash', '/worktype'],
  ['a prefixed sort field', '/time?datebegin=2026-06-01&sortfield=t.date&sortdir=asc'],
  ['no Accept', '/client/?limit=5', without('accept')],
  ['XML', '/project/?limit=5', { headers: { accept: 'application/xml' } }],
  ['any format', '/client/?limit=5', { headers: { accept: '*/*' } }],
  ['a member that is not there', '/client/999999999/'],
  ['a filter that is not known', '/client/?page=2'],
  ['a resource that is not known', '/nosuchthing/'],
  ['the root', '/'],
  ['an empty query', '/client?'],
  ['two question marks', '/client/?search=what?&limit=3'],
  ['entities in the text', '/task/?limit=20&search=%26'],
  ['a stray percent sign in a search', '/client/?search=100%'],
  ['segments that begin with dots', '/..client/..1'],
  ['no credential', '/client/', { token: null }],
  ['who am I', '/me'],
  ['a token that may not', '/module/', { token: 'agencyres01' }],
  ['JSON in the body of a GET', '/client/?limit=2', { body: '{"limit":2}' }],
  ['HEAD', '/client/', { method: 'HEAD' }],
  ['a method that nobody knows', '/client/', { method: 'PROPFIND' }],
]

/** Stored answers are compressed for who accepts that; what is in them must not differ. */
function same(t: Test, got: Answer, wanted: Answer): void {
  const isPacked = got.headers['content-encoding'] === 'gzip'
  t.equal(got.status, wanted.status, 'status')
  for (const name of ['content-type', 'content-length', 'www-authenticate']) {
    if (name === 'content-length' && isPacked) continue
    t.equal(got.headers[name], wanted.headers[name], name)
  }
  t.ok((isPacked ? gunzipSync(got.body) : got.body).equals(wanted.body), 'body')
}

const isHit = ({ headers }: Answer): boolean =>
  String(headers['cache-status']).startsWith('intervals-proxy; hit')
const isStored = ({ headers }: Answer): boolean => / stored\b/.test(String(headers['cache-status']))

async function withId({ direct }: TestProxy, path: string): Promise<string> {
  if (!path.includes('ID')) return path
  const { text } = await direct(`/${path.split('/')[1]}/?limit=1`)
  return path.replace('ID', /"id":"(\d+)"/.exec(text)?.[1] ?? '')
}

t.test('what clients read comes back byte for byte, the second time too', async (t) => {
  const proxy = await buildTestProxy(t)
  const { sim, ask, direct, purge } = proxy
  for (const [name, pattern, request = {}] of READS) {
    await t.test(`${name}: ${pattern}`, async (t) => {
      await purge()
      const path = await withId(proxy, pattern)
      const wanted = await direct(path, request)
      sim.clearArrivals()

      const cold = await ask(path, request)
      same(t, cold, wanted)
      const [arrival] = sim.arrivals
      t.equal(arrival?.target, path, 'the target as it was sent')
      const headers: Ask['headers'] = { accept: 'application/json', ...request.headers }
      t.equal(arrival?.headers.accept, headers['accept'], 'Accept as it was sent')

      // A token that was refused is not sent twice.
      if (wanted.status === 401) return
      const again = await ask(path, request)
      same(t, again, wanted)
      t.equal(isHit(again), isStored(cold), 'from the cache if it was stored')
      t.equal(sim.arrivals.length, isHit(again) ? 1 : 2, 'a hit is no arrival')
    })
  }
})

t.test('what should come from the cache the second time does', async (t) => {
  const { ask, sim } = await buildTestProxy(t)
  for (const path of ['/client', '/project/?limit=5', '/task?localid=1,2', '/me', '/worktype/']) {
    for (const accept of [AXIOS, 'text/json', '*/*', 'application/xml', undefined]) {
      t.ok(isStored(await ask(path, { headers: { accept } })), `${path} ${accept}`)
      sim.clearArrivals()
      t.ok(isHit(await ask(path, { headers: { accept } })), `${path} ${accept}`)
      t.equal(sim.arrivals.length, 0)
    }
  }
})

/** On two simulators that are alike, so that both see the same write first. */
const WRITES: readonly (readonly [name: string, path: string, request: Ask])[] = [
  ['POST creates', '/client/', { method: 'POST', body: newClient('One') }],
  ['PUT without an id creates', '/client/', { method: 'PUT', body: newClient('Two') }],
  ['PUT updates', '/client/ID/', { method: 'PUT', body: '{"name":"A &amp; B \\/ \u00e9"}' }],
  ['POST with an id updates', '/client/ID', { method: 'POST', body: '{"name":"Four"}' }],
  ['DELETE', '/time/ID/', { method: 'DELETE' }],
  [
    'DELETE with a content-type and no body',
    '/time/ID/',
    { method: 'DELETE', headers: { 'content-type': 'application/json' } },
  ],
  [
    'XML',
    '/client/ID/',
    {
      method: 'PUT',
      headers: { 'content-type': 'application/xml', accept: undefined },
      body: '<client><name>Five</name></client>',
    },
  ],
  ['no content-type', '/client/ID/', { method: 'PUT', body: '{"name":"Six"}' }],
  [
    'text/plain',
    '/client/ID/',
    { method: 'PUT', headers: { 'content-type': 'text/plain' }, body: '{"name":"S\u00e9ven"}' },
  ],
  [
    'a body that is no JSON',
    '/client/ID/',
    { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{"name":' },
  ],
  ['an empty body', '/client/ID/', { method: 'PUT', headers: { 'content-length': '0' } }],
  [
    'chunks',
    '/client/ID/',
    {
      method: 'PUT',
      headers: { 'transfer-encoding': 'chunked', 'content-length': undefined },
      body: '{"name":"Eight"}',
    },
  ],
]

function newClient(name: string): string {
  return JSON.stringify({ name, active: 't', datecreated: '2026-01-01' })
}

t.test('what clients write arrives byte for byte, and so does the answer', async (t) => {
  const proxy = await buildTestProxy(t)
  const twin = await startSimulator({ minuteMax: 100_000, wallNow: () => proxy.clock.wallMs() })
  t.teardown(() => twin.close())
  for (const [name, pattern, request] of WRITES) {
    await t.test(`${name}: ${request.method} ${pattern}`, async (t) => {
      twin.clearArrivals()
      const path = await withId(proxy, pattern)
      const wanted = await ask(twin.port, path, request)
      proxy.sim.clearArrivals()
      same(t, await proxy.ask(path, request), wanted)
      const [arrival] = proxy.sim.arrivals
      t.match(arrival, { method: request.method, target: path })
      t.equal(arrival?.bodyBytes, twin.arrivals[0]?.bodyBytes)
      t.equal(arrival?.headers['content-type'], twin.arrivals[0]?.headers['content-type'])
      t.equal(proxy.sim.arrivals.length, 1)
    })
  }
})

t.test('the body of a DELETE decides whom it removes', async (t) => {
  const { ask, direct } = await buildTestProxy(t)
  const team = async (): Promise<string[]> => {
    const { text } = await direct(`/projectteam/${project}/`)
    return (JSON.parse(text) as { projectteam: { personid: string[] } }).projectteam.personid
  }
  const project = /"id":"(\d+)"/.exec((await direct('/project/?limit=1')).text)?.[1]
  const [first, ...others] = await team()
  const { status } = await ask(`/projectteam/${project}/`, {
    method: 'DELETE',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([{ personid: first }]),
  })
  t.equal(status, 200)
  t.strictSame(await team(), others)
})

t.test('an answer of several megabytes comes back byte for byte', async (t) => {
  const { ask, direct, sim } = await buildTestProxy(t)
  const wanted = await direct('/time/?limit=0')
  t.ok(wanted.body.length > 4_000_000, `${wanted.body.length} bytes`)
  sim.clearArrivals()
  same(t, await ask('/time/?limit=0'), wanted)
  const again = await ask('/time/?limit=0')
  same(t, again, wanted)
  t.ok(isHit(again))
  t.equal(sim.arrivals.length, 1)
})

t.test('an answer that is too long to keep is streamed, to each who asked', async (t) => {
  const settings = { cache: { maxSize: '1MiB', maxEntrySize: '64KiB' } }
  const { ask, direct, sim, status } = await buildTestProxy(t, { settings })
  const wanted = await direct('/time/?limit=2000')
  t.ok(wanted.body.length > 500_000)
  sim.clearArrivals()
  const answers = await Promise.all(Array.from({ length: 4 }, () => ask('/time/?limit=2000')))
  for (const answer of answers) same(t, answer, wanted)
  t.equal(sim.arrivals.length, 4)
  t.equal((await status()).cache.entries, 0)
})

t.test('passwords of Basic are ignored, tokens are not', async (t) => {
  const { ask, sim } = await buildTestProxy(t)
  for (const password of ['X', 'x', 'B', '']) {
    const authorization = basic('agencyadm01', password)
    t.equal((await ask('/client/', { headers: { authorization } })).status, 200)
  }
  t.equal(sim.arrivals.length, 1)
  await ask('/client/', { token: 'agencyadm02' })
  t.equal(sim.arrivals.length, 2)
})
