/** The proxy as a process, killed at each stage of a write with a key, and started again. */
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startSimulator } from '../../../src/simulator/index.js'
import { startProxy, type ProxyProcess } from '../../crash/proxy-process.js'
import { ask, problemOf, type Ask } from '../client.js'
import { entriesOf, lastingHeaders, postWithKey, timeEntry } from './setup.js'

const portOf = ({ url }: ProxyProcess): number => Number(new URL(url).port)
const KEY = 'a-key-that-is-nowhere'

async function setUp(t: Test, env: Readonly<Record<string, string>> = {}) {
  const sim = await startSimulator({ minuteMax: 100_000, dayMax: 100_000 })
  const dataDir = t.testdir({})
  let proxy: ProxyProcess | undefined
  t.teardown(async () => {
    await proxy?.kill('SIGKILL')
    await sim.close()
  })
  const start = async () => {
    proxy = await startProxy({
      upstream: sim.url,
      dataDir,
      env: { INTERVALS_PROXY_LOG_LEVEL: 'error', ...env },
    })
    const port = portOf(proxy)
    return {
      ask: (path: string, request?: Ask) => ask(port, path, { patienceMs: 60_000, ...request }),
      kill: proxy.kill,
    }
  }
  const posts = () => sim.arrivals.filter(({ method }) => method === 'POST').length
  const entries = (description: string) =>
    entriesOf((path) => ask(sim.port, path, { patienceMs: 60_000 }), description)
  return { sim, dataDir, start, posts, entries }
}

t.test('killed while it waited to be sent: the repeat goes out', async (t) => {
  const { dataDir, start, posts, entries } = await setUp(t, {
    INTERVALS_PROXY_MINUTE_MAX: '1',
    INTERVALS_PROXY_MAX_WAIT: '5m',
  })
  const first = await start()
  t.equal((await first.ask('/client/?limit=1')).status, 200)
  const post = postWithKey(KEY, timeEntry('queued'))
  const cut = first.ask('/time/', post)
  cut.catch(() => {})
  for (;;) {
    const { text } = await first.ask('/-/status')
    if ((JSON.parse(text) as { queue: { waiting: { write: number } } }).queue.waiting.write > 0)
      break
  }
  await first.kill('SIGKILL')
  await t.rejects(cut)
  t.equal(posts(), 0)
  // Or the ledger would hold the next one for the rest of the minute.
  for (const name of readdirSync(dataDir)) {
    if (name.startsWith('ledger')) rmSync(join(dataDir, name))
  }
  const second = await start()
  t.equal((await second.ask('/time/', post)).status, 201)
  t.equal(posts(), 1)
  t.equal(await entries('queued'), 1)
})

for (const stage of ['execution', 'answer'] as const) {
  t.test(`killed after sending, held before the ${stage}: nothing goes out again`, async (t) => {
    const { sim, start, posts, entries } = await setUp(t)
    const first = await start()
    const hold = sim.hold(({ method }) => method === 'POST', stage)
    const post = postWithKey(KEY, timeEntry('sent'))
    const cut = first.ask('/time/', post)
    cut.catch(() => {})
    await hold.untilWaiting(1)
    await first.kill('SIGKILL')
    await t.rejects(cut)
    hold.release()
    const second = await start()
    for (let i = 0; i < 2; i++) {
      const repeat = await second.ask('/time/', post)
      t.equal(repeat.status, 409)
      t.match(problemOf(repeat).error, { reason: 'IDEMPOTENCY_UNKNOWN' })
    }
    t.equal(posts(), 1)
    const carriedOut = await entries('sent')
    t.ok(stage === 'answer' ? carriedOut === 1 : carriedOut <= 1)
  })
}

t.test('killed right after the answer: the repeat gets the same', async (t) => {
  const { dataDir, start, posts, entries } = await setUp(t)
  const first = await start()
  const post = postWithKey(KEY, timeEntry('answered'))
  const answer = await first.ask('/time/', post)
  await first.kill('SIGKILL')
  t.equal(answer.status, 201)
  const second = await start()
  const repeat = await second.ask('/time/', post)
  t.equal(repeat.status, 201)
  t.ok(repeat.body.equals(answer.body))
  t.strictSame(lastingHeaders(repeat), lastingHeaders(answer))
  t.equal(repeat.headers['idempotent-replayed'], 'true')
  await second.kill('SIGTERM')
  const third = await start()
  t.ok((await third.ask('/time/', post)).body.equals(answer.body), 'and after a proper stop')
  t.equal(posts(), 1)
  t.equal(await entries('answered'), 1)

  const file = join(dataDir, 'idempotency.mdb')
  t.equal(statSync(file).mode & 0o777, 0o600)
  const onDisk = readFileSync(file).toString('latin1')
  t.ok(onDisk.includes('answered'), 'the answer is there')
  for (const secret of [KEY, 'agencyadm01', Buffer.from('agencyadm01:X').toString('base64')]) {
    t.notOk(onDisk.includes(secret), 'and no key or credential')
  }
})
