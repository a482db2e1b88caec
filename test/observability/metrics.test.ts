/** What /-/metrics says, against what happened; and that no request can make a label. */
import t from 'tap'
import { buildTestProxy, REFRESHED_BEHIND, startUpstream } from '../server/build.js'
import { hashOf } from '../../src/config/secret-reference.js'
import { ask as askPort, basic, until } from '../server/client.js'
import { page, sum, valueOf } from '../server/scrape.js'

t.test(
  'each request is a call, a saved call, an error or abandoned, and only one of them',
  async (t) => {
    const proxy = await buildTestProxy(t, REFRESHED_BEHIND)
    const { ask, clock, sim } = proxy
    await Promise.all([ask('/client/'), ask('/client/'), ask('/client/')])
    const { headers } = await ask('/client/')
    await ask('/client/', { headers: { 'if-none-match': String(headers['etag']) } })
    for (let n = 0; n < 2; n++) await ask('/client/999999/')
    await ask('/timer/')
    const key = { 'idempotency-key': 'one', 'content-type': 'application/json' }
    for (let n = 0; n < 2; n++) {
      await ask('/client/', { method: 'POST', body: '{"name":"A"}', headers: key })
    }
    for (let n = 0; n < 2; n++) await ask('/project/', { token: 'nosuchtoken' })
    await ask('/client//1')
    await ask('/client/', { headers: { 'cache-control': 'only-if-cached, no-cache' } })
    // Three stale answers, of which the first put off a call.
    // Past cache.writeSettle, which invalidates once more what the write touches.
    clock.advance(5_000)
    await ask('/task/')
    clock.advance(60_000)
    const hold = sim.hold()
    for (let n = 0; n < 3; n++) await ask('/task/')
    hold.release()
    await proxy.untilNoCalls()
    const text = await page(proxy)
    t.strictSame(
      Object.fromEntries(
        ['hit', 'not-modified', 'negative', 'joined', 'replayed', 'refused-token'].map((cause) => [
          cause,
          valueOf(text, `intervals_proxy_saved_calls_total{cause="${cause}"}`),
        ]),
      ),
      { hit: 1, 'not-modified': 1, negative: 1, joined: 2, replayed: 1, 'refused-token': 1 },
    )
    const requests = sum(text, 'intervals_proxy_requests_total')
    const saved = sum(text, 'intervals_proxy_saved_calls_total')
    const errors = sum(text, 'intervals_proxy_errors_total')
    const calls = sum(text, 'intervals_proxy_upstream_calls_total')
    t.equal(calls, sim.arrivals.length, 'calls are what arrived upstream')
    t.equal(requests, 18)
    // The refused token is both: an error of ours, and a call that was saved.
    t.equal(calls + saved + errors - 1, requests)
    t.equal(sum(text, 'intervals_proxy_consumer_calls_total'), calls)
  },
)

t.test('budgets, window, queue and pauses', async (t) => {
  const accounts = {
    acme: { plan: 300, tokens: [hashOf('agencyadm01')] },
    other: { tokens: [hashOf('studioadm01')] },
  }
  const proxy = await buildTestProxy(t, {
    settings: { accounts, limits: { minute: { max: 50 } } },
  })
  await proxy.ask('/client/')
  await page(proxy)
  await proxy.pause({ scope: 'account:acme', detail: 'a test' })
  const text = await page(proxy)
  for (const [name, value] of Object.entries({
    window_held: 1,
    window_max: 50,
    window_in_flight: 0,
    'day_used{account="acme"}': 1,
    'day_max{account="acme"}': 300,
    'day_left{account="acme"}': 299,
    'paused{scope="window"}': 0,
    'paused{scope="account:acme"}': 1,
    'paused{scope="account:other"}': 0,
    'queue_waiting{priority="write"}': 0,
    'queue_seconds_count{priority="interactive"}': 1,
    ledger_available: 1,
    cache_entries: 1,
  })) {
    t.equal(valueOf(text, `intervals_proxy_${name}`), value, name)
  }
  t.match(text, /intervals_proxy_build_info\{version="0\.0\.0-test",node="v\d.*profile="intervals"/)
  t.match(text, /^nodejs_eventloop_lag_p99_seconds /m)
  await proxy.resume({ scope: 'account:acme' })
  t.equal(valueOf(await page(proxy), 'intervals_proxy_paused{scope="account:acme"}'), 0)
})

t.test('what the upstream does not answer is counted by its cause', async (t) => {
  const upstream = await startUpstream(t, (request) => request.socket.destroy())
  const proxy = await buildTestProxy(t, { upstreamUrl: upstream.url })
  t.equal((await proxy.ask('/client/')).status, 502)
  const text = await page(proxy)
  const cause = '{cause="upstream-broke-off"}'
  t.equal(valueOf(text, `intervals_proxy_upstream_failures_total${cause}`), 1)
  t.equal(valueOf(text, `intervals_proxy_errors_total${cause}`), 1)
  const none = 'intervals_proxy_upstream_calls_total{resource="client",status_class="none"}'
  t.equal(valueOf(text, none), 1)
})

t.test('what has to make room is counted', async (t) => {
  const proxy = await buildTestProxy(t, {
    settings: { cache: { maxSize: '16KiB', maxEntrySize: '16KiB' } },
  })
  for (let n = 1; n < 15; n++) await proxy.ask(`/client/?limit=${n}`)
  const text = await page(proxy)
  t.ok(valueOf(text, 'intervals_proxy_cache_evictions_total') > 0)
  t.ok(valueOf(text, 'intervals_proxy_cache_bytes') <= 16_384)
})

/** A name for every place of a request that a label could be made of. */
const EVIL = 'evil-3f9c'

t.test('no label comes from a request', async (t) => {
  const consumers = { 'nightly-report': { share: { day: '10%' } } }
  const proxy = await buildTestProxy(t, { settings: { consumers } })
  const before = namesAndLabels(await page(proxy))
  for (const [method, path] of [
    ['GET', `/${EVIL}/`],
    ['GET', `/client/${EVIL}/`],
    ['GET', `/client/?${EVIL}=${EVIL}`],
    ['GET', `/client//${EVIL}`],
    ['PROPFIND', `/client/`],
    ['POST', `/${EVIL}/`],
    ['GET', `/-/${EVIL}`],
  ] as const) {
    const headers = {
      'intervals-proxy-consumer': EVIL,
      'intervals-proxy-priority': EVIL,
      'user-agent': EVIL,
      'idempotency-key': EVIL,
      'x-request-id': EVIL,
      host: EVIL,
      accept: `application/${EVIL}`,
    }
    await proxy.ask(path, { method, headers })
  }
  await proxy.ask('/client/1/', { headers: { 'intervals-proxy-consumer': 'nightly-report' } })
  const text = await page(proxy)
  t.notMatch(text, EVIL)
  t.notMatch(text, basic('agencyadm01'))
  const isCall = (line: string): boolean =>
    /^intervals_proxy_(upstream|consumer)_calls_total|_idempotent_|day_|freshness_/.test(line)
  const added = namesAndLabels(text).filter((line) => !before.includes(line))
  t.strictSame(
    added.filter((line) => !isCall(line)),
    [],
  )
  t.strictSame(added.filter((line) => line.includes('consumer=')).toSorted(), [
    'intervals_proxy_consumer_calls_total{account="default",consumer="(others)"}',
    'intervals_proxy_consumer_calls_total{account="default",consumer="nightly-report"}',
  ])
})

t.test('who goes away before the answer is abandoned, and counted as such', async (t) => {
  const upstream = await startUpstream(t, () => {})
  const proxy = await buildTestProxy(t, { upstreamUrl: upstream.url })
  const gone = new AbortController()
  const asked = askPort(proxy.port, '/timer/', { signal: gone.signal }).catch(() => {})
  await proxy.untilRequests(1)
  await proxy.untilStatus(({ budgets }) => budgets.minute.inFlight === 1, 'the call')
  gone.abort()
  await asked
  await until(() => proxy.lines.some(({ outcome }) => outcome === 'abandoned'), 'the line')
  const [line, ...more] = proxy.lines.filter(({ msg }) => msg === 'request')
  t.match(line, { outcome: 'abandoned', isCut: true, status: null, permit: Number })
  t.strictSame(more, [])
  const text = await page(proxy)
  t.equal(valueOf(text, 'intervals_proxy_requests_total{outcome="abandoned"}'), 1)
})

const namesAndLabels = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#') && line.startsWith('intervals_'))
    .map((line) => line.slice(0, line.lastIndexOf(' ')))
