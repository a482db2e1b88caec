import t from 'tap'
import { createMemoryJournal } from '../../src/limits/index.js'
import { startSimulator } from '../../src/simulator/index.js'
import { buildTestProxy, testClock } from './build.js'
import { basic } from './client.js'

const DAY_MAX = 250
const TOKENS = ['agencyadm01', 'agencyadm02', 'agencymgr01']
const DAY_MS = 86_400_000

for (const max of [DAY_MAX, 'auto'] as const) {
  t.test(
    `a day of ${DAY_MAX} (limits.day.max: ${max}), three tokens, two restarts, midnight`,
    async (t) => {
      const clock = testClock()
      // Two hours before midnight, whatever the machine's clock says.
      clock.advance(DAY_MS - (Date.now() % DAY_MS) + 22 * 3_600_000)
      const sim = await startSimulator({
        minuteMax: 100_000,
        dayMax: DAY_MAX,
        wallNow: () => clock.wallMs(),
      })
      t.teardown(() => sim.close())
      const journal = createMemoryJournal()
      const start = () =>
        buildTestProxy(t, {
          upstreamUrl: sim.url,
          settings: { limits: { day: { max } } },
          deps: { clock, journal },
        })
      let proxy = await start()
      let next = 0
      const askMany = async (count: number): Promise<number[]> => {
        const answers = []
        for (let from = 0; from < count; from += 25) {
          const batch = Array.from({ length: Math.min(25, count - from) }, () => {
            const authorization = basic(TOKENS[next % TOKENS.length] ?? '')
            const path = `/client/?limit=1&offset=${next++}`
            return proxy.ask(path, { headers: { authorization, accept: 'application/json' } })
          })
          answers.push(...(await Promise.all(batch)))
        }
        return answers.map(({ status }) => status)
      }
      const restart = async (): Promise<void> => {
        await proxy.app.close()
        proxy = await start()
      }
      const arrivals = (): number => sim.arrivals.filter(({ chargedToDay }) => chargedToDay).length
      const of = (statuses: readonly number[], status: number): number =>
        statuses.filter((one) => one === status).length

      const first = await askMany(100)
      await restart()
      const second = await askMany(100)
      await restart()
      const third = await askMany(100)
      t.equal(of([...first, ...second, ...third], 200), DAY_MAX, `${DAY_MAX} were answered`)
      t.equal(of(third, 429), 50, 'the others got a 429')
      t.equal(arrivals(), DAY_MAX, `${DAY_MAX} arrived, to the request`)

      const headers = { authorization: basic(TOKENS[0] ?? ''), accept: 'application/json' }
      const late = await proxy.ask('/project/?limit=1', { headers })
      t.equal(late.status, 429)
      const untilMidnight = (DAY_MS - (clock.wallMs() % DAY_MS)) / 1_000
      const retryAfter = Number(late.headers['retry-after'])
      t.ok(retryAfter >= untilMidnight, `Retry-After ${retryAfter} is past midnight`)
      t.ok(retryAfter <= untilMidnight + 10, 'and not far past it')
      const cached = await proxy.ask(`/client/?limit=1&offset=${next - 100}`, {
        headers: { ...headers, authorization: basic(TOKENS[(next - 100) % TOKENS.length] ?? '') },
      })
      t.equal(cached.status, 200, 'what is cached is still served')
      t.match(cached.headers['cache-status'], /; hit/)

      clock.advance(retryAfter * 1_000)
      const nextDay = await askMany(300)
      t.equal(of(nextDay, 200), DAY_MAX, `${DAY_MAX} more after midnight`)
      t.equal(arrivals(), 2 * DAY_MAX)
      t.equal(sim.arrivals.filter(({ apiCode }) => apiCode === 11).length, 0, 'never refused')
    },
  )
}
