import t from 'tap'
import { bytesOf, connectionsOf } from '../../src/workers/worker-shares.js'
import { replacementDelayMs } from '../../src/workers/replacement.js'

t.test('the parts of all are what was set, and nobody has none', async (t) => {
  for (const [connections, count] of [
    [4000, 2],
    [4000, 3],
    [7, 7],
    [9, 4],
  ] as const) {
    const parts = Array.from({ length: count }, (_, seat) =>
      connectionsOf(connections, { seat, count }),
    )
    t.equal(
      parts.reduce((sum, part) => sum + part, 0),
      connections,
    )
    t.ok(Math.min(...parts) >= 1)
    t.ok(bytesOf(connections, count) * (count + 1) <= connections || connections < count + 1)
  }
})

t.test(
  'those that die at once are replaced later and later, those that lived at once',
  async (t) => {
    let deaths = 0
    const delays: number[] = []
    for (let i = 0; i < 12; i++) {
      const next = replacementDelayMs(50, deaths)
      deaths = next.deaths
      delays.push(next.delayMs)
    }
    t.same(delays.slice(0, 8), [100, 200, 400, 800, 1600, 3200, 6400, 10_000])
    t.equal(delays.at(-1), 10_000)
    t.same(replacementDelayMs(60_000, deaths), { delayMs: 100, deaths: 0 })
  },
)
