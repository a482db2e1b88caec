import t from 'tap'
import type { Test } from 'tap'
import { createMemoryJournal, createMemorySpendingJournal } from '../../../src/limits/index.js'
import { defaultAccounts } from '../../../src/simulator/accounts.js'
import { startSimulator } from '../../../src/simulator/index.js'
import { queuedIn } from '../admin-pages.js'
import { testClock } from '../build.js'
import { problemOf } from '../client.js'
import { buildGateway, consumer, withKey } from '../authentication/setup.js'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const AGENCY_DAY = 100
const STUDIO_DAY = 50

const OF_STUDIO = { account: 'studio', credential: 'env:STUDIO' }
const OF_AGENCY = { account: 'agency' }
const SETTINGS = {
  accounts: { agency: { plan: AGENCY_DAY }, studio: { plan: STUDIO_DAY } },
  consumers: {
    ...consumer('app', { ...OF_AGENCY, share: { day: '20%' } }),
    ...consumer('hog', OF_AGENCY),
    ...consumer('web', { ...OF_AGENCY, share: { day: '10%' } }),
    ...consumer('report', { ...OF_STUDIO, share: { day: '30%' } }),
    ...consumer('crowd', OF_STUDIO),
  },
}
type Name = 'app' | 'hog' | 'web' | 'report' | 'crowd'
const PRIORITIES = ['write', 'interactive', 'background']

/** Two accounts of the simulator, each with its own day; restarts keep what is on disk. */
async function twoAccounts(t: Test) {
  const clock = testClock()
  // Ten in the morning, whatever the machine's clock says.
  clock.advance(DAY_MS - (Date.now() % DAY_MS) + 10 * HOUR_MS)
  const sim = await startSimulator({
    minuteMax: 100_000,
    accounts: defaultAccounts.map((account) => ({
      ...account,
      dayMax: account.name === 'agency' ? AGENCY_DAY : STUDIO_DAY,
    })),
    wallNow: () => clock.wallMs(),
  })
  t.teardown(() => sim.close())
  const journal = createMemoryJournal()
  const spending = createMemorySpendingJournal()
  const start = () =>
    buildGateway(t, {
      upstreamUrl: sim.url,
      settings: SETTINGS,
      deps: { clock, journal, spending },
    })
  let proxy = await start()
  let next = 0
  /** So many different reads of one consumer, 20 at a time; how many were answered, and the rest. */
  async function askMany(name: Name, count: number) {
    const refused: { reason: string; code: number; retryAfter: number }[] = []
    let answered = 0
    for (let from = 0; from < count; from += 20) {
      await Promise.all(
        Array.from({ length: Math.min(20, count - from) }, async () => {
          const n = next++
          const headers = { 'intervals-proxy-priority': PRIORITIES[n % 3] }
          const path = `/client/?limit=1&offset=${n}`
          const answer = await proxy.ask(path, withKey(name, { headers }))
          if (answer.status === 200) {
            answered++
            return
          }
          const { reason, code } = problemOf(answer).error
          refused.push({ reason, code, retryAfter: Number(answer.headers['retry-after']) })
        }),
      )
    }
    return { answered, refused, reasons: [...new Set(refused.map(({ reason }) => reason))] }
  }
  return {
    clock,
    sim,
    askMany,
    status: async () =>
      JSON.parse((await proxy.ask('/-/status', { token: null })).text) as {
        consumers: { consumer: string; spentToday: number; keptForIt: number }[]
      },
    async restart() {
      await proxy.app.close()
      proxy = await start()
    },
  }
}

t.test('two accounts, five consumers, all of them greedy', async (t) => {
  const { clock, sim, askMany, restart, status } = await twoAccounts(t)
  const first = await Promise.all([askMany('hog', 120), askMany('crowd', 70)])
  t.equal(first[0].answered, AGENCY_DAY - 30, 'all but what is kept for app and web')
  t.equal(first[1].answered, STUDIO_DAY - 15)
  t.same(
    first.flatMap(({ reasons }) => reasons),
    ['DAY_KEPT', 'DAY_KEPT'],
  )
  t.same([...new Set(first[0].refused.map(({ code }) => code))], [11])
  const lendingBeginsInSeconds = (18 * HOUR_MS - (clock.wallMs() % DAY_MS)) / 1_000
  for (const { retryAfter } of first[0].refused) {
    t.ok(
      retryAfter > lendingBeginsInSeconds && retryAfter < lendingBeginsInSeconds + HOUR_MS / 1_000,
    )
  }

  t.equal((await askMany('app', 8)).answered, 8)
  await restart()
  const again = await Promise.all([askMany('hog', 20), askMany('app', 12), askMany('web', 10)])
  t.same(
    again.map(({ answered }) => answered),
    [0, 12, 10],
    'a share is there to its last request, also after a restart',
  )
  const more = await askMany('app', 5)
  t.match(more, { answered: 0, reasons: ['DAY_SPENT'] })
  t.equal(sim.dayUsed('agency'), AGENCY_DAY, 'the day, to the request')

  t.equal((await askMany('report', 5)).answered, 5, 'the other account goes on')
  const { consumers } = await status()
  const spent = Object.fromEntries(consumers.map((one) => [one.consumer, one.spentToday]))
  t.same(spent, { app: 20, hog: 70, web: 10, report: 5, crowd: 35 })

  let lent = 0
  clock.advance(17.9 * HOUR_MS - (clock.wallMs() % DAY_MS))
  t.equal((await askMany('crowd', 3)).answered, 0, 'not before the lending begins')
  while (clock.wallMs() % DAY_MS < DAY_MS - 12 * 60_000) {
    clock.advance(10 * 60_000)
    lent += (await askMany('crowd', 3)).answered
  }
  t.equal(lent, 10, 'what report left is lent before midnight')
  t.equal(sim.dayUsed('studio'), STUDIO_DAY)
  t.same(
    sim.arrivals.filter(({ apiCode }) => apiCode !== undefined),
    [],
    'the upstream never had to refuse',
  )
})

t.test('a share of 20 %, and the whole day while everybody else is idle', async (t) => {
  const { clock, sim, askMany } = await twoAccounts(t)
  const first = await askMany('app', 110)
  t.equal(first.answered, AGENCY_DAY - 10, 'all but the tenth that is kept for another')
  let answered = first.answered
  clock.advance(17.9 * HOUR_MS - (clock.wallMs() % DAY_MS))
  while (clock.wallMs() % DAY_MS < DAY_MS - 12 * 60_000) {
    clock.advance(10 * 60_000)
    answered += (await askMany('app', 2)).answered
  }
  t.equal(answered, AGENCY_DAY)
  t.equal(sim.dayUsed('agency'), AGENCY_DAY)
  t.equal(sim.dayUsed('studio'), 0)
})

t.test('a share of the window goes first through a crowd of writes', async (t) => {
  const consumers = {
    ...consumer('app', { share: { minute: '20%' } }),
    ...consumer('hog'),
    ...consumer('web'),
  }
  const { ask, sim, untilStatus } = await buildGateway(t, {
    settings: { consumers, limits: { minute: { max: 20, window: '2s' } } },
    simulator: { minuteMax: 20, minuteWindowMs: 2_000 },
  })
  let next = 0
  const resources = { app: 'project', hog: 'client', web: 'person' } as const
  const askMany = (name: keyof typeof resources, count: number, priority: string) =>
    Array.from({ length: count }, () =>
      ask(
        `/${resources[name]}/?limit=1&offset=${next++}`,
        withKey(name, { headers: { 'intervals-proxy-priority': priority } }),
      ),
    )
  const crowd = [...askMany('hog', 30, 'write'), ...askMany('web', 30, 'write')]
  await untilStatus((status) => queuedIn(status) >= 40, 'the window is full')
  const mine = askMany('app', 4, 'interactive')
  const answers = await Promise.all([...mine, ...crowd])
  t.same([...new Set(answers.map(({ status }) => status))], [200])
  const last = sim.arrivals.findLastIndex(({ target }) => target.startsWith('/project/'))
  // One of the crowd may have been on its way already.
  t.ok(last <= 20 + 4, `the fourth of them was the ${last + 1}th of 64 to arrive`)
  t.ok(sim.maxInAnyWindow(2_000) <= 20)
})
