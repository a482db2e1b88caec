// A client that reads a list and then each of its rows again spends one call, for the list.

import t from 'tap'
import { REFRESHED_BEHIND, buildTestProxy } from '../server/build.js'
import { until } from '../server/client.js'

const MINUTE = 60_000
/** Longer than a project is stored: fresh for 10 min, stale for an hour. */
const GONE = 71 * MINUTE
const LIST = '/project/?limit=200'
const JSON_BODY = { headers: { 'content-type': 'application/json' } }

async function readTwice(
  t: Parameters<typeof buildTestProxy>[0],
  options?: Parameters<typeof buildTestProxy>[1],
) {
  const proxy = await buildTestProxy(t, options)
  const { ask, sim } = proxy
  const rows = (JSON.parse((await ask(LIST)).text) as { project: { id: string }[] }).project
  const paths = rows.slice(0, 5).map(({ id }) => `/project/${id}/`)
  const texts: string[] = []
  for (const path of paths) texts.push((await ask(path)).text)
  sim.clearArrivals()
  return { ...proxy, rows, paths, texts, calls: () => sim.arrivals.map(({ target }) => target) }
}

t.test(
  'expired rows that a new list shows unchanged cost no call and keep their bytes',
  async (t) => {
    const { ask, clock, paths, texts, calls } = await readTwice(t)
    clock.advance(GONE)
    await ask(LIST)
    for (const [at, path] of paths.entries()) {
      const answer = await ask(path)
      t.equal(answer.text, texts[at])
      t.match(answer.headers['cache-status'], /; hit; ttl=\d+$/)
      t.ok(Number(answer.headers['age']) < 60, 'as old as the list')
    }
    t.strictSame(calls(), [LIST])
  },
)

t.test('a row that was edited elsewhere is fetched, the others are not', async (t) => {
  const { ask, sim, clock, rows, paths, calls } = await readTwice(t)
  sim.edit('agency', 'project', rows[2]?.id ?? '', { description: 'Edited elsewhere' })
  clock.advance(GONE)
  await ask(LIST)
  for (const path of paths) await ask(path)
  t.strictSame(calls(), [LIST, paths[2]])
  t.match((await ask(paths[2] ?? '')).text, 'Edited elsewhere')
})

t.test(
  'a row that a write invalidated is proven only by a list from after the write',
  async (t) => {
    const { ask, sim, paths, texts, calls } = await readTwice(t)
    const body = JSON.stringify({ description: 'Written' })
    await ask(paths[0] ?? '', { ...JSON_BODY, method: 'PUT', body })
    sim.clearArrivals()
    t.not((await ask(paths[0] ?? '')).text, texts[0])
    await ask(paths[1] ?? '')
    t.strictSame(calls(), [paths[0], paths[1]], 'the old list proves nothing')
    await ask(LIST)
    t.equal((await ask(paths[3] ?? '')).text, texts[3])
    t.strictSame(calls(), [paths[0], paths[1], LIST])
    await ask(paths[3] ?? '', { ...JSON_BODY, method: 'PUT', body })
    sim.clearArrivals()
    t.match((await ask(paths[3] ?? '')).text, 'Written')
    t.strictSame(calls(), [paths[3]], 'a row that was proven is invalidated like any other')
  },
)

t.test('a list from before a purge proves nothing', async (t) => {
  const { ask, purge, paths, calls } = await readTwice(t)
  await purge({ path: (paths[0] ?? '').slice(0, -1), soft: true })
  await ask(paths[0] ?? '')
  await until(() => calls().length > 0, 'the refresh')
  t.strictSame(calls(), [paths[0]])
})

t.test('the list of one token proves nothing to another', async (t) => {
  const { ask, clock, paths, calls } = await readTwice(t)
  const token = 'agencyadm02'
  await ask(paths[0] ?? '', { token })
  clock.advance(GONE)
  await ask(LIST)
  await ask(paths[0] ?? '', { token })
  t.equal(calls().filter((target) => target === paths[0]).length, 2)
})

t.test('a request with no-cache makes its own call', async (t) => {
  const { ask, clock, paths, calls } = await readTwice(t)
  clock.advance(GONE)
  await ask(LIST)
  await ask(paths[0] ?? '', { headers: { 'cache-control': 'no-cache' } })
  t.strictSame(calls(), [LIST, paths[0]])
})

t.test('the refreshes of rows wait for a list that is being refreshed', async (t) => {
  const { ask, sim, untilNoCalls, clock, paths, calls } = await readTwice(t, REFRESHED_BEHIND)
  clock.advance(11 * MINUTE)
  const hold = sim.hold()
  await ask(LIST)
  await hold.untilWaiting(1)
  for (const path of paths) t.match((await ask(path)).headers['cache-status'], /stale-while/)
  hold.release()
  await untilNoCalls()
  for (const path of paths) t.match((await ask(path)).headers['cache-status'], /hit; ttl=\d+$/)
  t.strictSame(calls(), [LIST])
})
