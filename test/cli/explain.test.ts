import t from 'tap'
import { UNCACHEABLE_REASONS } from '../../src/cache/rules/cacheability.js'
import { HTTP_BYPASS_REASONS } from '../../src/cache/rfc9111/lookup.js'
import { HOLD_UPS } from '../../src/server/admin/admission-forecast.js'
import { explanationLines } from '../../src/cli/display/explain-view.js'
import { viewport } from '../../src/cli/display/paint.js'
import { buildTestProxy, type TestProxy, type TestProxyOptions } from '../server/build.js'
import { fakeTerminal, runInProcess } from './in-process.js'

/** As curl, and `explain` without --accept. */
const ANY_TYPE = { accept: '*/*' }
const env = { TOKEN: 'agencyadm01' }
const mine = ['--credential', 'env:TOKEN']

async function setUp(t: Parameters<typeof buildTestProxy>[0], options: TestProxyOptions = {}) {
  const proxy = await buildTestProxy(t, options)
  const explain = async (...args: string[]) =>
    runInProcess(['explain', '--url', urlOf(proxy), ...args], { env })
  return { ...proxy, explain }
}

const urlOf = ({ port }: TestProxy): string => `http://127.0.0.1:${port}`

t.test('a miss, a hit, and what is never cached', async (t) => {
  const { ask, explain, sim } = await setUp(t)
  const miss = await explain('/client/?limit=5', ...mine)
  t.equal(miss.code, 0)
  t.match(
    miss.out,
    /^fetched: nothing is stored for it \(uri-miss\)\ncosts 1 call, which leaves at once$/mu,
  )
  t.match(miss.out, /^resource +client, any$/mu)
  t.match(miss.out, /^kept +fresh for 10 min, then stale for 1 h; for the token that fetched it$/mu)
  t.equal(sim.arrivals.length, 0)

  await ask('/client/?limit=5', { headers: ANY_TYPE })
  const hit = await explain('/client/?limit=5', ...mine)
  t.match(hit.out, /^hit: stored and fresh\ncosts no call$/mu)
  t.match(hit.out, /^stored +\d+ s ago, fresh for .* more$/mu)
  t.match((await explain('/client/?limit=5', ...mine, '--accept', 'text/xml')).out, /^fetched/u)
  t.match(
    (await explain('/client/?limit=5', ...mine, '--cache-control', 'no-cache')).out,
    /^fetched: the cache entry is older than the request allows \(request\)/u,
  )
  t.match(
    (await explain('/timer/', ...mine, '--consumer', 'report')).out,
    /^forwarded: .*\(never-cached-resource\)[^]*^asked by +report$/mu,
  )
})

t.test('without a credential it says whose answers were not looked at', async (t) => {
  const { ask, explain } = await setUp(t)
  await ask('/client/', { headers: ANY_TYPE })
  const { out } = await explain('/client/')
  t.match(out, /^fetched: /u)
  t.match(out.replaceAll('\n', ' '), 'name that one with --credential env:NAME or file:PATH')
  t.notMatch((await explain('/client/', ...mine)).out, '--credential')
})

t.test('with an admin token the credential goes beside it', async (t) => {
  const adminToken = 'correct-horse-battery'
  const { ask, explain } = await setUp(t, { settings: { server: { adminToken } } })
  await ask('/client/', { headers: ANY_TYPE })
  t.match(await explain('/client/', ...mine), { code: 1, err: /wants its admin token/ })
  t.match((await explain('/client/', ...mine, '--admin-token', adminToken)).out, /^hit/u)
})

t.test('why it would wait, and why it would be refused', async (t) => {
  const limits = { minute: { max: 1, window: '60s' }, queue: { maxWait: '2m' } }
  const { ask, explain } = await setUp(t, { settings: { limits } })
  await ask('/client/')
  t.match(
    (await explain('/project/', ...mine)).out,
    /^costs 1 call, which waits about [\d smin]+: the minute is full \(window-full\), 1 of 1 places/mu,
  )
  await ask('/-/pause', { method: 'POST', token: null })
  const paused = await explain('/project/', ...mine)
  t.equal(paused.code, 0, 'an explanation is no refusal')
  t.match(
    paused.out,
    /^refused: the proxy pauses \(paused\)\ncosts no call; An operator paused this proxy/u,
  )
  t.match(
    paused.out.replaceAll('\n', ' '),
    'it would need one: nothing is stored for it (uri-miss)',
  )
  t.match((await explain('/client//1')).out, /^refused: the path can be read in two ways/u)
})

t.test('each word of the proxy has a sentence', async (t) => {
  const asked = { path: '/task/', accept: 'text/xml', hasCredential: true }
  for (const why of [
    ...UNCACHEABLE_REASONS,
    ...HTTP_BYPASS_REASONS,
    ...HOLD_UPS,
    'not-stored',
    'credential-refused',
  ]) {
    const found = { path: '/task/', answer: 'forwarded', why, calls: 1 } as const
    const [first] = explanationLines(found, { asked, ...viewport({}) })
    t.match(first, new RegExp(`^forwarded: [^(]{10,} \\(${why}\\)$`, 'u'))
  }
})

t.test('--json is the answer itself; colours are for a terminal', async (t) => {
  const proxy = await setUp(t)
  t.match(JSON.parse((await proxy.explain('/task/', '--json')).out), {
    answer: 'fetched',
    calls: 1,
  })
  const { terminal } = fakeTerminal({ hasColours: true })
  const args = ['explain', '/task/', '--url', urlOf(proxy)]
  t.match((await runInProcess(args, { terminal })).out, '\u001b[33mfetched')
})
