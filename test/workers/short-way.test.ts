// The short way of a hit (src/fast-path) at a worker: taken, and no less careful than the long one.

import t from 'tap'
import { basic } from '../server/client.js'
import { buildTeam } from './setup.js'

const HIT = /^intervals-proxy; hit; ttl=\d+$/

/** How long a list of clients is fresh. */
const TTL_MS = 600_000

t.test('from the third time on a worker takes it, and it says the same', async (t) => {
  const { a, lines, targets } = await buildTeam(t)
  await a.ask('/client/')
  const long = await a.ask('/client/')
  const { answer: short, slow } = await a.slowPath.during(() => a.ask('/client/'))
  t.equal(slow, 0)
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
  const { a, clock } = await buildTeam(t)
  for (let time = 0; time < 4; time++) await a.ask('/client/')
  clock.advance(TTL_MS + 1_000)
  const { answer, slow } = await a.slowPath.during(() => a.ask('/client/'))
  t.notMatch(answer.headers['cache-status'], HIT)
  t.equal(slow, 1)
})

t.test('a token that was refused is not for it', async (t) => {
  const { a, disk, clock, outcomes, principalOf } = await buildTeam(t)
  for (let time = 0; time < 4; time++) await a.ask('/client/')
  t.equal(outcomes().at(-1), 'worker hit')
  // The worker passes it on, and the primary hides what was stored before the refusal as well.
  await disk.changeFeed.refused(principalOf(basic('agencyadm01')), clock.wallMs())
  await a.ask('/client/')
  t.equal(outcomes().at(-1), 'primary uri-miss')
})
