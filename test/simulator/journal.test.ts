import t from 'tap'
import { createJournal } from '../../src/simulator/control/journal.js'
import { basic, call, simulate } from './call.js'

const arrival = (atMs: number, chargedToMinute = true) => ({
  atMs,
  wallMs: 0,
  method: 'GET',
  target: '/me',
  headers: {},
  chargedToMinute,
  chargedToDay: false,
})

t.test('the judge counts any window, closed at its start and open at its end', async (t) => {
  const judge = (timesMs: readonly number[]): number => {
    const journal = createJournal(1000)
    for (const atMs of timesMs) journal.record(arrival(atMs))
    return journal.maxInAnyWindow(60_000)
  }
  t.equal(judge([]), 0)
  t.equal(judge([5]), 1)
  t.equal(judge([0, 60_000]), 1, '60 s apart is not in one window')
  t.equal(judge([0, 59_999.999]), 2)
  t.equal(judge([0, 59_990, 59_991, 60_001, 60_002]), 4, 'around the turn of a minute')
  t.equal(judge([7, 7, 7]), 3)
})

t.test('the judge agrees with counting every window by hand', async (t) => {
  const timesMs = Array.from({ length: 400 }, (_, at) => (at * at * 37) % 300_000).toSorted(
    (a, b) => a - b,
  )
  const journal = createJournal(1000)
  for (const atMs of timesMs) journal.record(arrival(atMs))
  const byHand = timesMs.map(
    (start) => timesMs.filter((atMs) => atMs >= start && atMs < start + 60_000).length,
  )
  t.equal(journal.maxInAnyWindow(60_000), Math.max(...byHand))
})

t.test('what is not charged is not judged', async (t) => {
  const journal = createJournal(10)
  journal.record(arrival(1))
  journal.record(arrival(2, false))
  t.equal(journal.maxInAnyWindow(60_000), 1)
})

t.test('the journal keeps the newest and goes on counting', async (t) => {
  const journal = createJournal(3)
  for (let atMs = 0; atMs < 10; atMs += 1) journal.record(arrival(atMs))
  t.same(
    journal.arrivals.map(({ sequence }) => sequence),
    [8, 9, 10],
  )
  journal.clear()
  t.equal(journal.arrivals.length, 0)
  t.equal(journal.record(arrival(11)).sequence, 11)
  t.equal(journal.total, 11)
})

t.test('an arrival tells who, what, when and what became of it', async (t) => {
  const simulator = await simulate(t, { wallNow: () => 1_780_000_000_000, minuteMax: 2 })
  await call(simulator, 'client/?limit=1')
  await call(simulator, 'task/360001/', { method: 'PUT', body: { title: 'x' } })
  await call(simulator, 'me', { token: 'nosuchtoken' })
  const [first, second, third] = simulator.arrivals
  t.match(first, {
    sequence: 1,
    wallMs: 1_780_000_000_000,
    method: 'GET',
    target: '/client/?limit=1',
    account: 'agency',
    token: 'agencyadm01',
    bodyBytes: 0,
    status: 200,
    chargedToMinute: true,
    chargedToDay: true,
    headers: { authorization: basic('agencyadm01') },
  })
  t.match(second, { method: 'PUT', status: 202, bodyBytes: 13 })
  t.match(third, { status: 400, apiCode: 12, token: 'nosuchtoken', chargedToDay: false })
  t.notOk('account' in (third ?? {}))
  t.ok((second?.atMs ?? 0) > (first?.atMs ?? 0))
  t.equal(simulator.maxInAnyWindow(), 3, 'refused ones are in it')
  t.equal(simulator.maxInAnyWindow(0.000001), 1)
  simulator.clearArrivals()
  t.equal(simulator.maxInAnyWindow(), 0)
})

t.test('a test can wait for an arrival', async (t) => {
  const simulator = await simulate(t)
  const arrived = simulator.untilArrival(2)
  await call(simulator, 'me')
  await call(simulator, 'me')
  await arrived
  await simulator.untilArrival(1)
  const never = simulator.untilArrival(3)
  await Promise.all([t.rejects(never, /closed/), simulator.close()])
})
