/** The proxy as a process, killed at each stage of a write with a key, and started again. */
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startSimulator } from '../../src/simulator/index.js'
import { startProxy, type ProxyProcess } from '../crash/proxy-process.js'
import { ask, problemOf, type Ask } from '../server/client.js'
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
      env: {
        INTERVALS_PROXY_LOG_LEVEL: 'error',
        INTERVALS_PROXY_MAX_EVENT_LOOP_DELAY: '0s',
        ...env,
      },
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
    INTERVALS_PROXY_DAY_MAX: '1000',
    INTERVALS_PROXY_MAX_WAIT: '5m',
    INTERVALS_PROXY_NEW_DISK: 'trust',
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

t.test('killed after sending, and after an answer; then stopped properly', async (t) => {
  const { sim, dataDir, start, posts, entries } = await setUp(t)
  const first = await start()
  const answered = postWithKey(KEY, timeEntry('answered'))
  const answer = await first.ask('/time/', answered)
  t.equal(answer.status, 201)

  const stages = (['execution', 'answer'] as const).map((stage) => {
    return { stage, post: postWithKey(stage, timeEntry(stage)) }
  })
  for (const { stage, post } of stages) {
    const hold = sim.hold(({ headers }) => headers['user-agent'] === stage, stage)
    const sent = { ...post, headers: { ...post.headers, 'user-agent': stage } }
    t.rejects(first.ask('/time/', sent))
    await hold.untilWaiting(1)
  }
  t.equal(posts(), 3)
  await first.kill('SIGKILL')

  const second = await start()
  const repeat = await second.ask('/time/', answered)
  t.equal(repeat.status, 201)
  t.ok(repeat.body.equals(answer.body))
  t.strictSame(lastingHeaders(repeat), lastingHeaders(answer))
  t.equal(repeat.headers['idempotent-replayed'], 'true')
  for (const { stage, post } of stages) {
    const unknown = await second.ask('/time/', post)
    t.equal(unknown.status, 409, `held before the ${stage}`)
    t.match(problemOf(unknown).error, { reason: 'IDEMPOTENCY_UNKNOWN' })
  }
  await second.kill('SIGTERM')

  const third = await start()
  t.ok((await third.ask('/time/', answered)).body.equals(answer.body))
  for (const { post } of stages) t.equal((await third.ask('/time/', post)).status, 409)
  t.equal(posts(), 3)
  t.equal(await entries('answered'), 1)
  t.equal(await entries('answer'), 1)
  t.ok((await entries('execution')) <= 1)

  const file = join(dataDir, 'idempotency.mdb')
  t.equal(statSync(file).mode & 0o777, 0o600)
  const onDisk = readFileSync(file).toString('latin1')
  t.ok(onDisk.includes('answered'), 'the answer is there')
  for (const secret of [KEY, 'agencyadm01', Buffer.from('agencyadm01:X').toString('base64')]) {
    t.notOk(onDisk.includes(secret), 'and no key or credential')
  }
})
