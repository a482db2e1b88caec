// Lists that differ in one id, and that are asked for together, cost one call together as long as they are
// the same; who gets which bytes, and what a write and a purge mean, is as if each had been fetched.

import t from 'tap'
import { buildTestProxy } from '../server/build.js'

const MINUTE = 60_000
/** Past all that a list of tasks is good for: 30 s, and 5 min stale. */
const GONE = 6 * MINUTE
const JSON_BODY = { headers: { 'content-type': 'application/json' } }

type Row = Readonly<Record<string, string>>

/** A page that shows the tasks of some projects has been shown twice. */
async function shownTwice(
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

const jointOf = (target: string | undefined): readonly string[] =>
  /projectid=([\d,]+)&/.exec(target ?? '')?.[1]?.split(',') ?? []

t.test('all of them expired: one call, and each gets its own bytes', async (t) => {
  const { show, ids, texts, calls } = await shownTwice(t)
  const answers = await show()
  t.strictSame(
    answers.map(({ text }) => text),
    texts,
  )
  t.equal(calls().length, 1)
  t.strictSame(jointOf(calls()[0]).toSorted(), ids.toSorted())
  for (const { headers } of answers) t.ok(Number(headers['age']) < 60, 'as old as the joint list')
  const said = answers.map(({ headers }) => String(headers['cache-status']))
  t.equal(said.filter((one) => /fwd=stale.*stored; ttl=/.test(one)).length, 1)
  await show()
  t.equal(calls().length, 1, 'and they are fresh from then on')
})

t.test('asked for one after the other, it is still one call', async (t) => {
  const { ask, paths, texts, calls } = await shownTwice(t)
  for (const [at, path] of paths.entries()) t.equal((await ask(path)).text, texts[at])
  t.equal(calls().length, 1)
})

t.test('the one that was edited elsewhere is fetched by itself', async (t) => {
  const { show, sim, paths, texts, taskOf, calls } = await shownTwice(t)
  sim.edit('agency', 'task', taskOf(2), { title: 'Edited elsewhere' })
  const answers = await show()
  t.match(answers[2]?.text, 'Edited elsewhere')
  for (const at of [0, 1, 3, 4]) t.equal(answers[at]?.text, texts[at])
  t.equal(calls().length, 2)
  t.equal(calls()[1], paths[2])
})

t.test('what a write dropped is proven by what was fetched after it, never before', async (t) => {
  const { show, ask, sim, paths, taskOf, calls } = await shownTwice(t)
  await show()
  const body = JSON.stringify({ title: 'Written' })
  await ask(`/task/${taskOf(1)}/`, { ...JSON_BODY, method: 'PUT', body })
  sim.clearArrivals()
  const answers = await show()
  t.match(answers[1]?.text, 'Written')
  t.equal(calls().length, 2, 'the joint list, and the one that has changed')
  t.equal(calls()[1], paths[1])
})

t.test('a joint list that a write overtakes proves nothing', async (t) => {
  const { ask, sim, paths, taskOf } = await shownTwice(t)
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

t.test('a joint list from before a purge proves nothing', async (t) => {
  const { ask, sim, purge, paths, taskOf } = await shownTwice(t)
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
  const { show, clock, calls } = await shownTwice(t)
  await show('agencyadm02')
  t.equal(calls().length, 5, 'of this one nothing was stored')
  clock.advance(GONE)
  await show('agencyadm02')
  await show()
  t.equal(calls().length, 7, 'one for each')
})

t.test('who insists gets an answer of now', async (t) => {
  const { ask, paths, calls } = await shownTwice(t)
  await ask(paths[0] ?? '', { headers: { 'cache-control': 'no-cache' } })
  t.strictSame(calls(), [paths[0]])
})

t.test('served past their time, they are refreshed behind together', async (t) => {
  const { show, untilStatus, clock, calls } = await shownTwice(t)
  await show()
  clock.advance(MINUTE)
  for (const { headers } of await show()) t.match(headers['cache-status'], /stale-while/)
  await untilStatus(({ cache }) => cache.flights === 0 && calls().length > 1, 'the refresh')
  for (const { headers } of await show()) t.match(headers['cache-status'], /hit; ttl=\d+$/)
  t.equal(calls().length, 2)
})

t.test('an upstream that does not take several ids is left alone for a while', async (t) => {
  const { show, sim, clock, calls } = await shownTwice(t)
  sim.setFaults([{ kind: 'status', status: 400, times: 1 }])
  for (const { status } of await show()) t.equal(status, 200)
  t.equal(calls().length, 6)
  sim.clearArrivals()
  clock.advance(GONE)
  await show()
  t.equal(calls().length, 5, 'no joint list')
  sim.clearArrivals()
  clock.advance(GONE)
  await show()
  t.equal(calls().length, 1)
})
