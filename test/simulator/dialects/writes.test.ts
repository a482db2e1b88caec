import { request } from 'node:http'
import { once } from 'node:events'
import t from 'tap'
import type { IncomingMessage } from 'node:http'
import { basic, call, simulate } from '../call.js'
import { manualClock } from '../clock.js'

const put = (title: string) => ({ method: 'PUT', body: { title } })

t.test('lists may lag behind members', async (t) => {
  const clock = manualClock()
  const simulator = await simulate(t, { ...clock.options, listLagMs: 300 })
  const listed = async (): Promise<unknown> => (await call(simulator, 'task?limit=1')).row['title']
  const before = await listed()
  clock.advance(1000)
  t.match(await call(simulator, 'task/360001/', put('New')), { status: 202, row: { title: 'New' } })
  t.equal((await call(simulator, 'task/360001/')).row['title'], 'New', 'the member is new')
  t.equal(await listed(), before, 'the list is not')
  clock.advance(299)
  t.equal(await listed(), before)
  clock.advance(1)
  t.equal(await listed(), 'New')
})

t.test('writes may be visible later, each at its time', async (t) => {
  const clock = manualClock()
  const simulator = await simulate(t, { ...clock.options, writeLagMs: 300 })
  const title = async (): Promise<unknown> => (await call(simulator, 'task/360001/')).row['title']
  const before = await title()
  await call(simulator, 'task/360001/', put('First'))
  clock.advance(200)
  await call(simulator, 'task/360001/', put('Second'))
  t.equal(await title(), before)
  clock.advance(100)
  t.equal(await title(), 'First')
  const { row } = await call(simulator, 'task/360001/', { method: 'PUT', body: { summary: 'x' } })
  t.match(row, { title: 'Second', summary: 'x' }, 'a write acts on the newest rows')
  clock.advance(200)
  t.equal(await title(), 'Second')
})

t.test('a refused write changes nothing at any time', async (t) => {
  const clock = manualClock()
  const simulator = await simulate(t, { ...clock.options, writeLagMs: 300, keepStates: 10 })
  const refused = { method: 'PUT', body: { title: 'x', statusid: '5' } }
  t.match(await call(simulator, 'task/360001/', refused), { apiCode: '18' })
  t.equal(simulator.states('agency').length, 1)
})

t.test('the headers of a write may come before its change, the body after it', async (t) => {
  const clock = manualClock()
  const simulator = await simulate(t, { ...clock.options, earlyHeadersMs: 200 })
  const title = async (): Promise<unknown> => (await call(simulator, 'task/360001/')).row['title']
  const before = await title()
  const headers = { authorization: basic('agencyadm01'), accept: 'application/json' }
  const sent = request(new URL('task/360001/', simulator.url), {
    method: 'PUT',
    headers: { ...headers, 'content-type': 'application/json' },
    agent: false,
  })
  sent.end(JSON.stringify({ title: 'New' }))
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  t.equal(response.statusCode, 202)
  t.equal(await title(), before, 'only the headers are there')
  clock.advance(200)
  const chunks = await response.toArray()
  t.match(Buffer.concat(chunks).toString(), '"title":"New"')
  t.equal(await title(), 'New')
  t.equal(clock.waiting, 0)
})

t.test('a share of the writes may take effect long after the client gave up', async (t) => {
  const clock = manualClock()
  const options = { ...clock.options, lateWriteShare: 1, lateWriteMs: 60_000 }
  const simulator = await simulate(t, options)
  const title = async (): Promise<unknown> => (await call(simulator, 'task/360001/')).row['title']
  const before = await title()
  const write = call(simulator, 'task/360001/', put('Late'))
  write.catch(() => {})
  await simulator.untilArrival(2)
  t.equal(await title(), before, 'reads are answered')
  clock.advance(60_000)
  t.equal(await title(), 'Late')
  await simulator.close()
  await t.rejects(write)
})

t.test('a fault can make one write late', async (t) => {
  const clock = manualClock()
  const simulator = await simulate(t, clock.options)
  simulator.setFaults([
    { kind: 'change-late', delayMs: 5000, times: 1, match: { method: 'DELETE' } },
  ])
  const lost = call(simulator, 'task/360001/', { method: 'DELETE' })
  lost.catch(() => {})
  await simulator.untilArrival(1)
  t.equal((await call(simulator, 'task/360001/')).status, 200)
  clock.advance(5000)
  t.equal((await call(simulator, 'task/360001/')).status, 404)
  await simulator.close()
  await t.rejects(lost)
})

t.test('a time entry may update datemodified of its tasks', async (t) => {
  const clock = manualClock()
  for (const sumsModify of [false, true]) {
    const simulator = await simulate(t, { ...clock.options, sumsModify })
    const stamp = async (): Promise<unknown> =>
      (await call(simulator, 'task/360001/')).row['datemodified']
    const before = await stamp()
    const { row } = await call(simulator, 'time?taskid=360001&limit=1')
    const actual = (await call(simulator, 'task/360001/')).row['actual']
    const path = `time/${String(row['id'])}/`
    t.equal((await call(simulator, path, { method: 'DELETE' })).status, 200)
    t.not((await call(simulator, 'task/360001/')).row['actual'], actual)
    t.equal((await stamp()) !== before, sumsModify)
  }
})

t.test('PUT /me/ may change the person', async (t) => {
  const simulator = await simulate(t, { meWrites: true })
  const token = 'agencyres01'
  const rename = { method: 'PUT', body: { firstname: 'Renamed' }, token }
  t.match(await call(simulator, 'me/', rename), { status: 202, row: { firstname: 'Renamed' } })
  t.equal((await call(simulator, 'person/260006/')).row['firstname'], 'Renamed')
  const entries = await call(simulator, 'time?personid=260006&limit=1')
  t.equal(entries.row['firstname'], 'Renamed', 'in rows of other resources, too')
  const plain = await simulate(t)
  t.equal((await call(plain, 'me/', rename)).apiCode, '16', 'documented: read-only')
})

t.test('{"stop": true} on a timer', async (t) => {
  const clock = manualClock()
  const stop = { method: 'PUT', body: { stop: true } }
  const actual = async (timerStop: 'refused' | 'stops' | 'logs-time') => {
    const simulator = await simulate(t, { ...clock.options, timerStop })
    const body = { personid: '260001', taskid: '360001', time: '3600' }
    const { row } = await call(simulator, 'timer/', { method: 'POST', body })
    const hours = async (): Promise<number> =>
      Number((await call(simulator, 'task/360001/')).row['actual'])
    const before = await hours()
    const { status, apiCode } = await call(simulator, `timer/${String(row['id'])}/`, stop)
    return { status, apiCode, logged: (await hours()) - before }
  }
  t.match(await actual('refused'), { status: 400, apiCode: '17', logged: 0 })
  t.match(await actual('stops'), { status: 202, logged: 0 })
  t.match(await actual('logs-time'), { status: 202, logged: 1 })
})

t.test('keeps the last states, and answers as in each of them', async (t) => {
  const simulator = await simulate(t, { keepStates: 3 })
  const headers = { authorization: basic('agencyadm01'), accept: 'application/json' }
  for (const title of ['A', 'B', 'C', 'D']) await call(simulator, 'task/360001/', put(title))
  const states = simulator.states('agency')
  t.same(
    states.map(({ sequence }) => sequence),
    [2, 3, 4],
  )
  for (const [at, title] of ['B', 'C', 'D'].entries()) {
    t.match(simulator.truth('/task/360001/', headers, states[at]), `"title":"${title}"`)
  }
})

t.test('without lags and keepStates, only the newest state is kept', async (t) => {
  const simulator = await simulate(t)
  for (const title of ['A', 'B']) await call(simulator, 'task/360001/', put(title))
  t.equal(simulator.states('agency').length, 1)
})

t.test(
  'a late write does not delay the writes after it, and fails if its row is gone',
  async (t) => {
    const clock = manualClock()
    const simulator = await simulate(t, clock.options)
    const late = { kind: 'change-late', delayMs: 5000, times: 2 } as const
    simulator.setFaults([late])
    for (const path of ['task/360001/', 'task/360002/']) {
      call(simulator, path, put('Late')).catch(() => {})
    }
    await simulator.untilArrival(2)
    await call(simulator, 'task/360001/', put('Prompt'))
    t.equal((await call(simulator, 'task/360001/')).row['title'], 'Prompt')
    await call(simulator, 'task/360002/', { method: 'DELETE' })
    clock.advance(5000)
    t.equal((await call(simulator, 'task/360001/')).row['title'], 'Late', 'later than the other')
    t.equal((await call(simulator, 'task/360002/')).status, 404)
    t.equal(simulator.changes.length, 3, 'the second late write failed')
  },
)
