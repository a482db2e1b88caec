// The short way of a hit (src/fast-path) at a worker: taken, and no less careful than the long one.

import t from 'tap'
import { buildTeam } from './setup.js'

const HIT = /^intervals-proxy; hit; ttl=\d+$/

type Team = Awaited<ReturnType<typeof buildTeam>>

/** How many look-ups of a worker took the long way. */
function countLongWays({ services }: Team['a']) {
  const { store } = services
  const get = store.get.bind(store)
  let count = 0
  Object.assign(store, {
    get: async (key: string) => {
      count++
      return get(key)
    },
  })
  return (): number => count
}

t.test('from the third time on a worker takes it, and it says the same', async (t) => {
  const { a, lines, targets } = await buildTeam(t)
  const longWays = countLongWays(a)
  await a.ask('/client/')
  const long = await a.ask('/client/')
  const before = longWays()
  const short = await a.ask('/client/')
  t.equal(longWays(), before)
  t.equal(targets().length, 1)
  t.equal(short.text, long.text)
  const names = (headers: object): string[] => Object.keys(headers).toSorted()
  t.strictSame(names(short.headers), names(long.headers))
  t.match(short.headers['cache-status'], HIT)
  const [one, other] = lines.filter(({ outcome }) => outcome === 'hit')
  t.strictSame({ ...other, time: '', ms: 0, reqId: '' }, { ...one, time: '', ms: 0, reqId: '' })
})

t.test('a write at another worker is seen by it, each time', async (t) => {
  const { a, b } = await buildTeam(t)
  for (let trial = 0; trial < 10; trial++) {
    // The third one takes the short way.
    for (let time = 0; time < 3; time++) await b.ask('/client/100001/')
    t.match((await b.ask('/client/100001/')).headers['cache-status'], HIT)
    const name = `Trial ${trial} of ten`
    await a.ask('/client/100001/', { method: 'PUT', body: JSON.stringify({ name }) })
    t.match((await b.ask('/client/100001/')).text, name)
  }
})

t.test('a stale answer is not for it', async (t) => {
  const { app, a, clock } = await buildTeam(t)
  const longWays = countLongWays(a)
  for (let time = 0; time < 4; time++) await a.ask('/client/')
  const before = longWays()
  clock.advance(app.services.policies.client.ttlMs + 1_000)
  t.notMatch((await a.ask('/client/')).headers['cache-status'], HIT)
  t.ok(longWays() > before)
})

t.test('a token that was refused is not for it', async (t) => {
  const { app, a, disk, clock, outcomes } = await buildTeam(t)
  for (let time = 0; time < 4; time++) await a.ask('/client/')
  t.equal(outcomes().at(-1), 'worker hit')
  // Known to the file only: so whoever asks for it there passes on.
  for (const id of app.services.accepted.keys()) await disk.changeFeed?.refused(id, clock.wallMs())
  await a.ask('/client/')
  t.equal(outcomes().at(-1), 'primary hit')
})
