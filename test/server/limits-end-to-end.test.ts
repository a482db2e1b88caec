import t from 'tap'
import { buildTestProxy } from './build.js'
import { basic } from './client.js'

const WINDOW_MS = 6_000
const LIMIT = { minute: { max: 100, window: `${WINDOW_MS}ms` }, day: { max: 5_000 } } as const
// Those who wait for a window do so side by side.
t.jobs = 3

for (const consumers of [1, 6]) {
  const name = `300 cold reads of ${consumers}, 100 per window: all answered, never too many`
  t.test(name, { buffered: true }, async (t) => {
    const { ask, sim } = await buildTestProxy(t, {
      settings: { limits: LIMIT },
      simulator: { minuteMax: 100, minuteWindowMs: WINDOW_MS, latencyMs: [0, 100] },
    })
    const answers = await Promise.all(
      Array.from({ length: 300 }, (_, n) =>
        ask(`/client/?limit=${n + 1}`, {
          headers: { 'intervals-proxy-consumer': `app-${n % consumers}` },
          patienceMs: 30_000,
        }),
      ),
    )
    t.strictSame([...new Set(answers.map(({ status }) => status))], [200])
    t.equal(sim.arrivals.length, 300)
    t.ok(sim.maxInAnyWindow(WINDOW_MS) <= 100, `${sim.maxInAnyWindow(WINDOW_MS)} in one window`)
    const refused = sim.arrivals.filter(({ apiCode }) => apiCode !== undefined)
    t.strictSame(refused, [], 'nothing was refused')
    const times = sim.arrivals.map(({ atMs }) => atMs)
    const windows = (Math.max(...times) - Math.min(...times)) / WINDOW_MS
    t.ok(windows < 4, `${windows.toFixed(1)} windows; two and a bit is ideal`)
  })
}

t.test(
  '1,000 reads of 20 consumers: as many calls as different ones',
  { buffered: true },
  async (t) => {
    const { ask, sim, targets } = await buildTestProxy(t, {
      settings: { limits: { minute: { max: 100, window: '60s' }, day: { max: 'auto' } } },
      simulator: { minuteMax: 100, dayMax: 6_000, latencyMs: [0, 40] },
    })
    const different = [
      ['/client/', '/client', '/client?', '/client/?'],
      ['/client/?limit=5&offset=10', '/client?offset=10&limit=5', '/client?limit=5&offset=1%30'],
      ['/client/?localid=1,2,3', '/client?localid=1%2C2%2c3'],
      ['/client/100001/', '/client/100001'],
      ['/project/', '/project'],
      ['/project/?active=t&limit=20', '/project/?limit=20&active=t'],
      ['/project/?clientid=100001,100002', '/project?clientid=100001%2C100002'],
      ['/worktype/', '/worktype'],
      ['/worktype/?active=true', '/worktype?active=true'],
      ['/worktype/?limit=0', '/worktype?%6cimit=0'],
    ]
    // `/client` with an empty query is a key of its own: nothing says that it means the same.
    const spellings = different.map((paths) => paths.filter((path) => !path.endsWith('?')))
    const answers = await Promise.all(
      Array.from({ length: 1_000 }, async (_, n) => {
        const paths = spellings[n % spellings.length] ?? []
        const answer = await ask(paths[Math.floor(n / 7) % paths.length] ?? '/', {
          headers: {
            authorization: basic('agencyadm01', ['X', 'x', 'B', ''][n % 4]),
            'intervals-proxy-consumer': `app-${n % 20}`,
          },
        })
        return { which: n % spellings.length, ...answer }
      }),
    )
    t.equal(targets().length, spellings.length)
    t.ok(sim.arrivals.length <= spellings.length + 1, 'and one to /quota/ at most')
    for (let which = 0; which < spellings.length; which++) {
      const same = answers.filter((answer) => answer.which === which)
      t.strictSame([...new Set(same.map(({ status }) => status))], [200])
      t.equal(
        new Set(same.map(({ text }) => text)).size,
        1,
        `one answer to ${spellings[which]?.[0]}`,
      )
    }
  },
)
