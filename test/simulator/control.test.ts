import t from 'tap'
import type { Simulator } from '../../src/simulator/index.js'
import { call, simulate } from './call.js'

async function control(
  simulator: Simulator,
  path: string,
  { method = 'GET', body }: { method?: string; body?: unknown } = {},
): Promise<{ status: number; json: unknown }> {
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body) }
  const response = await fetch(new URL(`-simulator/${path}`, simulator.url), init)
  return { status: response.status, json: await response.json() }
}

t.test('the journal and the figures can be read from outside, and are not counted', async (t) => {
  const simulator = await simulate(t, { minuteMax: 2, dayMax: 10 })
  await call(simulator, 'me')
  await call(simulator, 'client')
  await call(simulator, 'me')
  t.match(await control(simulator, 'journal?since=1'), {
    status: 200,
    json: [
      { sequence: 2, target: '/client', status: 200, account: 'agency' },
      { sequence: 3, status: 400, apiCode: 12 },
    ],
  })
  t.match((await control(simulator, 'stats')).json, {
    arrivals: 3,
    maxInAnyWindow: 3,
    minuteMax: 2,
    refused: { day: 0, minute: 1 },
    dayUsed: { agency: 2, studio: 0 },
  })
  await control(simulator, 'journal', { method: 'DELETE' })
  t.same((await control(simulator, 'journal')).json, [])
})

t.test('tokens can be asked for', async (t) => {
  const simulator = await simulate(t)
  const { json } = await control(simulator, 'tokens')
  const first = { token: 'agencyadm01', account: 'agency', role: 'A', person: 'Ada Berg' }
  t.match((json as unknown[])[0], first)
})

t.test('faults, edits and holds can be set from outside', async (t) => {
  const simulator = await simulate(t)
  const fault = { kind: 'status', status: 500 }
  await control(simulator, 'faults', { method: 'POST', body: [fault] })
  t.equal((await call(simulator, 'me')).status, 500)
  await control(simulator, 'faults', { method: 'DELETE' })
  t.equal((await call(simulator, 'me')).status, 200)
  const edit = { account: 'agency', resource: 'client', id: '100001', fields: { name: 'Edited' } }
  await control(simulator, 'edit', { method: 'POST', body: edit })
  t.match((await call(simulator, 'client/100001')).row, { name: 'Edited' })
  await control(simulator, 'hold', { method: 'POST', body: { method: 'GET', pathPrefix: '/me' } })
  const held = call(simulator, 'me')
  await simulator.untilArrival(4)
  t.equal((await call(simulator, 'group')).status, 200)
  await control(simulator, 'release', { method: 'POST' })
  t.equal((await held).status, 200)
})

t.test('mistakes are answered', async (t) => {
  const simulator = await simulate(t)
  t.equal((await control(simulator, 'nonsense')).status, 404)
  const faults = { method: 'POST', body: { kind: 'nonsense' } }
  t.match(await control(simulator, 'faults', faults), { status: 400, json: { error: /kind/ } })
  for (const body of [{}, null, { account: 'agency', resource: 'x', id: '1', fields: {} }]) {
    t.equal((await control(simulator, 'edit', { method: 'POST', body })).status, 400)
  }
})
