import t from 'tap'
import {
  ACCEPTED_FOR_MS,
  createCredentialStates,
  type CredentialFeed,
} from '../../../src/server/credentials/credential-state.js'
import { testClock } from '../../limits/clock.js'

function setUp(feed?: CredentialFeed) {
  const clock = testClock()
  return { clock, states: createCredentialStates(clock, feed) }
}

const ACCEPTED = [200, 202, 204, 301, 304, 399]
/** They say nothing about the credential: the request was wrong, or Intervals failed. */
const NEITHER = [400, 402, 403, 404, 409, 429, 500, 502, 503, 599]

t.test(
  'closes after a refusal, twice as long after each one in a row, up to a minute',
  async (t) => {
    const { clock, states } = setUp()
    t.equal(states.closedForMs('a'), undefined)
    for (const closedMs of [5_000, 10_000, 20_000, 40_000, 60_000, 60_000]) {
      await states.answered('a', 401)
      t.equal(states.closedForMs('a'), closedMs)
      t.equal(states.closedForMs('b'), undefined, 'another credential is not closed')
      clock.advance(closedMs - 1)
      t.equal(states.closedForMs('a'), 1)
      clock.advance(1)
      t.equal(states.closedForMs('a'), undefined, 'opens without an answer')
    }
  },
)

t.test('a step of the wall clock neither opens nor closes it', async (t) => {
  const { clock, states } = setUp()
  await states.answered('a', 401)
  for (const stepMs of [3_600_000, -7_200_000]) {
    clock.stepWall(stepMs)
    t.equal(states.closedForMs('a'), 5_000)
  }
})

t.test(
  'an accepted credential is open again, and the next refusal counts as the first',
  async (t) => {
    for (const status of ACCEPTED) {
      const { states } = setUp()
      await states.answered('a', 401)
      await states.answered('a', 401)
      await states.answered('a', status)
      t.equal(states.closedForMs('a'), undefined, String(status))
      await states.answered('a', 401)
      t.equal(states.closedForMs('a'), 5_000, String(status))
    }
  },
)

t.test('other statuses change nothing', async (t) => {
  const told: string[] = []
  const { clock, states } = setUp({
    accepted: (id) => void told.push(`accepted ${id}`),
    refused: async (id) => void told.push(`refused ${id}`),
  })
  const stateOf = (id: string) => [
    states.closedForMs(id),
    states.refusedAtMs(id),
    states.isAccepted(id),
  ]
  await states.answered('refused', 401)
  await states.answered('accepted', 200)
  clock.advance(1_000)
  const before = ['refused', 'accepted', 'new'].map(stateOf)
  t.strictSame(before[2], [undefined, -Infinity, false])
  for (const status of NEITHER) {
    for (const id of ['refused', 'accepted', 'new']) {
      t.equal(states.answered(id, status), undefined)
    }
    t.strictSame(['refused', 'accepted', 'new'].map(stateOf), before, String(status))
  }
  t.strictSame(told, ['refused refused', 'accepted accepted'])
  await states.answered('refused', 401)
  t.equal(states.closedForMs('refused'), 10_000, 'the refusals are still in a row')
})

t.test('thousands of refusals in a row keep it closed for a minute', async (t) => {
  const { states } = setUp()
  for (let i = 0; i < 5_000; i++) await states.answered('a', 401)
  t.equal(states.closedForMs('a'), 60_000)
})

t.test('knows a bounded number of credentials, and forgets the least recently used', async (t) => {
  const { states } = setUp()
  const ids = Array.from({ length: 25_000 }, (_, at) => `token-${at}`)
  for (const id of ids) await states.answered(id, 401)
  t.equal(ids.filter((id) => states.closedForMs(id) !== undefined).length, 10_000)
  t.equal(states.closedForMs('token-24999'), 5_000)
})

t.test('a refusal hides every entry stored until then, for good', async (t) => {
  const { clock, states } = setUp()
  t.equal(states.refusedAtMs('a'), -Infinity)
  await states.answered('a', 200)
  t.equal(states.refusedAtMs('a'), -Infinity)
  for (let time = 0; time < 2; time++) {
    clock.advance(90_000)
    const refusedAtMs = clock.wallMs()
    await states.answered('a', 401)
    t.equal(states.refusedAtMs('a'), refusedAtMs)
    clock.advance(90_000)
    await states.answered('a', 200)
    clock.advance(ACCEPTED_FOR_MS)
    t.equal(states.refusedAtMs('a'), refusedAtMs, 'an acceptance brings no entry back')
  }
  t.equal(states.refusedAtMs('b'), -Infinity, 'another credential keeps its entries')
})

t.test('of its own refusals and those in the feed, the later one counts', async (t) => {
  const inFeed = new Map<string, number>()
  const { clock, states } = setUp({
    accepted: () => {},
    refused: async () => {},
    refusedAtMs: (id) => inFeed.get(id),
  })
  t.equal(states.refusedAtMs('a'), -Infinity)
  const earlierMs = clock.wallMs() - 60_000
  inFeed.set('a', earlierMs)
  t.equal(states.refusedAtMs('a'), earlierMs, 'from an earlier run')
  const ownMs = clock.wallMs()
  await states.answered('a', 401)
  t.equal(states.refusedAtMs('a'), ownMs)
  inFeed.set('a', ownMs + 1)
  t.equal(states.refusedAtMs('a'), ownMs + 1, 'from another process')
  t.equal(states.refusedAtMs('b'), -Infinity)
})

t.test('an acceptance lasts 15 minutes, and ends with a refusal', async (t) => {
  const { clock, states } = setUp()
  t.equal(ACCEPTED_FOR_MS, 15 * 60_000)
  t.notOk(states.isAccepted('a'))
  for (const status of ACCEPTED) {
    await states.answered('a', status)
    clock.advance(ACCEPTED_FOR_MS - 1)
    t.ok(states.isAccepted('a'), String(status))
    clock.stepWall(3_600_000)
    t.ok(states.isAccepted('a'), 'a step of the wall clock does not matter')
    clock.advance(1)
    t.notOk(states.isAccepted('a'), String(status))
  }
  await states.answered('a', 200)
  t.notOk(states.isAccepted('b'), 'another credential is not accepted')
  await states.answered('a', 401)
  t.notOk(states.isAccepted('a'))
  clock.advance(60_000)
  t.notOk(states.isAccepted('a'), 'nor once it may be sent again')
})

t.test('tells the feed of each answer, with the wall clock', async (t) => {
  const told: [string, string, number][] = []
  const { clock, states } = setUp({
    accepted: (id, wallMs) => void told.push(['accepted', id, wallMs]),
    refused: async (id, wallMs) => void told.push(['refused', id, wallMs]),
  })
  const startMs = clock.wallMs()
  t.equal(states.answered('a', 200), undefined, 'an acceptance waits for nothing')
  clock.advance(10)
  states.answered('a', 304)
  clock.advance(10)
  await states.answered('b', 401)
  t.strictSame(told, [
    ['accepted', 'a', startMs],
    ['accepted', 'a', startMs + 10],
    ['refused', 'b', startMs + 20],
  ])
})

t.test('a refusal holds at once here, and is passed on only when the feed has it', async (t) => {
  let tell = (): void => {}
  const { states } = setUp({
    accepted: () => {},
    refused: () => new Promise((resolve) => (tell = resolve)),
  })
  let isPassedOn = false
  const answered = states.answered('a', 401)?.then(() => (isPassedOn = true))
  t.equal(states.closedForMs('a'), 5_000)
  await new Promise((resolve) => setImmediate(resolve))
  t.notOk(isPassedOn)
  tell()
  t.ok(await answered)
})

t.test('without a feed there is nothing to wait for', async (t) => {
  const { states } = setUp()
  for (const status of [200, 401, 500]) t.equal(states.answered('a', status), undefined)
})
