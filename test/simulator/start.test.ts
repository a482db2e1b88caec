import t from 'tap'
import { simulateFlags } from '../../src/simulator/cli/flags.js'
import { runSimulate } from '../../src/simulator/cli/run-simulate.js'
import { simulatorDefaults, startSimulator } from '../../src/simulator/index.js'
import { call, simulate } from './call.js'

t.test('options out of bounds throw', async (t) => {
  await t.rejects(startSimulator({ minuteMax: 0 }), TypeError)
  await t.rejects(startSimulator({ latencyMs: [5, 1] }), TypeError)
  await t.rejects(startSimulator({ today: 'today' }), TypeError)
  const person = { firstname: 'A', lastname: 'B', role: 'M', tokens: ['twice'] } as const
  const account = { name: 'a', size: 'studio', people: [person] } as const
  await t.rejects(startSimulator({ accounts: [account] }), TypeError)
  const empty = { ...account, size: 'empty' } as const
  await t.rejects(startSimulator({ accounts: [empty, empty] }), TypeError)
})

t.test('a port in use rejects', async (t) => {
  const { port } = await simulate(t)
  await t.rejects(startSimulator({ port }), { code: 'EADDRINUSE' })
})

t.test('the command says where it listens first, then the tokens', async (t) => {
  const lines: string[] = []
  const simulator = await runSimulate({}, (line) => lines.push(line))
  t.equal(lines[0], `Intervals simulator listening on ${simulator.url}`)
  t.ok(lines.some((line) => line.includes('agencyadm01  agency, Administrator, Ada Berg')))
  await simulator.close()
})

t.test('there is a flag for every option that fits on a command line', async (t) => {
  const options = simulateFlags.map(({ option }) => option).toSorted()
  const apart = new Set(['monotonicNow', 'wallNow', 'wait', 'extraHeaders', 'keepStates'])
  const withoutDefault = ['cacheControl', 'vary', 'limitMax', 'listTextMax']
  const expected = [...Object.keys(simulatorDefaults), ...withoutDefault].filter(
    (option) => !apart.has(option),
  )
  t.same(options, expected.toSorted())
  for (const { kind, choices, flag } of simulateFlags) {
    t.equal(kind === 'choice' || kind === 'list', choices !== undefined, flag)
  }
})

t.test('latency comes after counting and is drawn by seed', async (t) => {
  const simulator = await simulate(t, { latencyMs: [1, 3] })
  t.equal((await call(simulator, 'me')).status, 200)
})

t.test('too large a body is refused and counted', async (t) => {
  const simulator = await simulate(t, { maxBodyBytes: 10 })
  const body = { note: 'much more than that' }
  t.equal((await call(simulator, 'tasknote', { method: 'POST', body })).status, 413)
  t.equal(simulator.arrivals.length, 1)
})

t.test('close cuts what is open, leaves nothing behind and can be called twice', async (t) => {
  const before = process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length
  const simulator = await startSimulator({ latencyMs: [1_000_000, 1_000_000] })
  const cut = t.rejects(call(simulator, 'me'))
  await simulator.untilArrival(1)
  await Promise.all([simulator.close(), simulator.close()])
  await cut
  const servers = process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap')
  t.ok(servers.length <= before)
  t.notOk(process.getActiveResourcesInfo().includes('Timeout'), 'no latency is waited for')
})
