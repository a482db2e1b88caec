// Lists that differ in one id and are requested together cost one call together while they are unchanged.
// Each client gets the bytes, and each write and purge has the effect, as if each list had been fetched.

import t from 'tap'
import { REFRESHED_BEHIND, buildTestProxy } from '../server/build.js'
import { until } from '../server/client.js'

const MINUTE = 60_000
/** Longer than a list of tasks is stored: fresh for 30 s, stale for 5 min. */
const GONE = 6 * MINUTE
const JSON_BODY = { headers: { 'content-type': 'application/json' } }

type Row = Readonly<Record<string, string>>

/** A page that shows the tasks of some projects was shown once, and its lists have expired. */
async function shownOnce(
  t: Parameters<typeof buildTestProxy>[0],
  options?: Parameters<typeof buildTestProxy>[1],
) {
  const proxy = await buildTestProxy(t, options)
  const { ask, sim, clock } = proxy
  const tasks = (JSON.parse((await ask('/task/?limit=2000')).text) as { task: Row[] }).task
  const ids = [...new Set(tasks.map(({ projectid }) => projectid ?? ''))].slice(0, 5)
  const paths = ids.map((id) => `/task/?projectid=${id}&limit=100`)
  const show = (token?: string) =>
    Promise.all(paths.map((path) => ask(path, token === undefined ? {} : { token })))
  const texts = (await show()).map(({ text }) => text)
  clock.advance(GONE)
  sim.clearArrivals()
  const taskOf = (at: number): string =>
    tasks.find(({ projectid }) => projectid === ids[at])?.['id'] ?? ''
  return {
    ...proxy,
    ids,
    paths,
    texts,
    show,
    taskOf,
    calls: () => sim.arrivals.map(({ target }) => target),
  }
}

const idsOf = (target: string | undefined): readonly string[] =>
  /projectid=([\d,]+)&/.exec(target ?? '')?.[1]?.split(',') ?? []

t.test('when all of them have expired, one call answers each with its own bytes', async (t) => {
  const { show, ids, texts, calls } = await shownOnce(t)
  const answers = await show()
  t.strictSame(
    answers.map(({ text }) => text),
    texts,
  )
  t.equal(calls().length, 1)
  t.strictSame(idsOf(calls()[0]).toSorted(), ids.toSorted())
  for (const { headers } of answers)
    t.ok(Number(headers['age']) < 60, 'as old as the combined list')
  const said = answers.map(({ headers }) => String(headers['cache-status']))
  t.equal(said.filter((one) => /fwd=stale.*stored; ttl=/.test(one)).length, 1)
  await show()
  t.equal(calls().length, 1, 'they are fresh from then on')
})

t.test('lists that are requested one after the other cost one call as well', async (t) => {
  const { ask, paths, texts, calls } = await shownOnce(t)
  for (const [at, path] of paths.entries()) t.equal((await ask(path)).text, texts[at])
  t.equal(calls().length, 1)
})

t.test('a list that was edited elsewhere is fetched by itself', async (t) => {
  const { show, sim, paths, texts, taskOf, calls } = await shownOnce(t)
  sim.edit('agency', 'task', taskOf(2), { title: 'Edited elsewhere' })
  const answers = await show()
  t.match(answers[2]?.text, 'Edited elsewhere')
  for (const at of [0, 1, 3, 4]) t.equal(answers[at]?.text, texts[at])
  t.equal(calls().length, 2)
  t.equal(calls()[1], paths[2])
})

t.test(
  'a list that a write invalidated is proven only by a list fetched after the write',
  async (t) => {
    const { show, ask, sim, paths, taskOf, calls } = await shownOnce(t)
    await show()
    const body = JSON.stringify({ title: 'Written' })
    await ask(`/task/${taskOf(1)}/`, { ...JSON_BODY, method: 'PUT', body })
    sim.clearArrivals()
    const answers = await show()
    t.match(answers[1]?.text, 'Written')
    t.equal(calls().length, 2, 'the combined list, and the list that has changed')
    t.equal(calls()[1], paths[1])
  },
)

t.test('a combined list that was sent before a write proves nothing', async (t) => {
  const { ask, sim, paths, taskOf } = await shownOnce(t)
  const hold = sim.hold(({ method }) => method === 'GET')
  const early = ask(paths[0] ?? '')
  await hold.untilWaiting(1)
  const body = JSON.stringify({ title: 'Written' })
  await ask(`/task/${taskOf(0)}/`, { ...JSON_BODY, method: 'PUT', body })
  const late = ask(paths[0] ?? '')
  await hold.untilWaiting(2)
  hold.release()
  t.match((await late).text, 'Written')
  await early
  t.match((await ask(paths[0] ?? '')).text, 'Written')
})

t.test('a combined list from before a purge proves nothing', async (t) => {
  const { ask, sim, purge, paths, taskOf } = await shownOnce(t)
  const hold = sim.hold(({ method }) => method === 'GET')
  const early = ask(paths[0] ?? '')
  await hold.untilWaiting(1)
  sim.edit('agency', 'task', taskOf(1), { title: 'Edited elsewhere' })
  await purge({ resource: 'task', soft: true })
  hold.release()
  await early
  t.match((await ask(paths[1] ?? '')).text, 'Edited elsewhere')
})

t.test('one token proves nothing to another', async (t) => {
  const { show, clock, calls } = await shownOnce(t)
  await show('agencyadm02')
  t.equal(calls().length, 5, 'nothing was stored for this token')
  clock.advance(GONE)
  await show('agencyadm02')
  await show()
  t.equal(calls().length, 7, 'one for each')
})

t.test('a request with no-cache makes its own call', async (t) => {
  const { ask, paths, calls } = await shownOnce(t)
  await ask(paths[0] ?? '', { headers: { 'cache-control': 'no-cache' } })
  t.strictSame(calls(), [paths[0]])
})

t.test('stale lists are refreshed together in the background', async (t) => {
  const { show, untilNoCalls, clock, calls } = await shownOnce(t, REFRESHED_BEHIND)
  await show()
  clock.advance(MINUTE)
  for (const { headers } of await show()) t.match(headers['cache-status'], /stale-while/)
  await until(() => calls().length > 1, 'the refresh')
  await untilNoCalls()
  for (const { headers } of await show()) t.match(headers['cache-status'], /hit; ttl=\d+$/)
  t.equal(calls().length, 2)
})

t.test('batches pause for a while when the upstream rejects several ids', async (t) => {
  const { show, sim, clock, calls } = await shownOnce(t)
  sim.setFaults([{ kind: 'status', status: 400, times: 1 }])
  for (const { status } of await show()) t.equal(status, 200)
  t.equal(calls().length, 6)
  sim.clearArrivals()
  clock.advance(GONE)
  await show()
  t.equal(calls().length, 5, 'no combined list')
  sim.clearArrivals()
  clock.advance(GONE)
  await show()
  t.equal(calls().length, 1)
})

t.test(
  'one request spends the call of the batch, and the others say that they shared it',
  async (t) => {
    const { show, sim, lines, untilRequests, paths } = await shownOnce(t)
    const before = lines.length
    const hold = sim.hold()
    const answers = show()
    await hold.untilWaiting(1)
    // One for all tasks, one for each list.
    await untilRequests(1 + 2 * paths.length)
    hold.release()
    const said = (await answers).map(({ headers }) => String(headers['cache-status']))
    const shared = /fwd=stale; fwd-status=200; stored; collapsed; ttl=/
    t.equal(said.filter((one) => shared.test(one)).length, paths.length - 1)
    t.equal(lines.slice(before).filter(({ permit }) => permit !== undefined).length, 1)
  },
)

t.test(
  'when the batch call breaks off, each list is fetched by itself, and the family is paused',
  async (t) => {
    const { show, sim, clock, texts, calls } = await shownOnce(t)
    // A read on a connection that was open already is sent once more.
    sim.setFaults([{ kind: 'reset', times: 2 }])
    const answers = await show()
    t.strictSame(
      answers.map(({ text }) => text),
      texts,
    )
    t.equal(calls().length, 7)
    sim.clearArrivals()
    clock.advance(GONE)
    await show()
    t.equal(calls().length, 5, 'no batch')
  },
)

t.test('/-/explain finds what a list proves, and stores nothing', async (t) => {
  const { ask, clock, calls } = await shownOnce(t)
  const path = '/project/?limit=200'
  const rows = (JSON.parse((await ask(path)).text) as { project: Row[] }).project
  const row = `/project/${rows[0]?.['id']}/`
  await ask(row)
  clock.advance(71 * MINUTE)
  const explain = async () =>
    JSON.parse((await ask(`/-/explain?path=${encodeURIComponent(row)}`)).text) as { answer: string }
  t.equal((await explain()).answer, 'fetched')
  await ask(path)
  const count = calls().length
  t.equal((await explain()).answer, 'hit')
  t.equal(calls().length, count)
})

t.test(
  'a list that a client changes and reads, again and again, costs a call for each look',
  async (t) => {
    const { show, ask, paths, taskOf, calls, sim } = await shownOnce(t)
    await show()
    sim.clearArrivals()
    for (let n = 0; n < 20; n++) {
      const body = JSON.stringify({ title: `Title ${n}` })
      await ask(`/task/${taskOf(0)}/`, { ...JSON_BODY, method: 'PUT', body })
      t.match((await ask(paths[0] ?? '')).text, `Title ${n}`)
    }
    const reads = calls().filter((target) => target.startsWith('/task/?')).length
    t.ok(reads <= 24, `${reads} calls for 20 looks`)
  },
)

t.test(
  'a combined list that is late leaves its readers the time for a call of their own',
  async (t) => {
    const { ask, paths, texts, sim, calls } = await shownOnce(t)
    const hold = sim.hold(({ target }) => idsOf(target).length > 1)
    const answer = await ask(paths[0] ?? '', { headers: { prefer: 'wait=1' } })
    t.match(answer, { status: 200, text: texts[0] })
    t.strictSame(
      calls().map((target) => idsOf(target).length > 1),
      [true, false],
    )
    hold.release()
    t.equal((await ask(paths[0] ?? '')).text, texts[0])
  },
)
