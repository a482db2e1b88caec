import t from 'tap'
import { dialectNames, dialects, startSimulator } from '../../../src/simulator/index.js'
import type { DialectName, SimulatorOptions } from '../../../src/simulator/index.js'
import { call, simulate } from '../call.js'

t.test('every dialect sets options away from their defaults, and starts', async (t) => {
  for (const name of dialectNames) {
    const { settings } = await simulate(t, { dialects: [name] })
    const plain = (await simulate(t)).settings
    t.match(settings, dialects[name].variants, name)
    t.notMatch(plain, dialects[name].variants, name)
  }
})

t.test('dialects combine, and an explicit option wins', async (t) => {
  const options: SimulatorOptions = {
    dialects: ['numeric-ids', 'omit-empty', 'php-session', 'limit-cap', 'limit-cap'],
    limitMax: 3,
  }
  const simulator = await simulate(t, options)
  const { rows, headers } = await call(simulator, 'project?limit=100')
  t.equal(rows.length, 3)
  t.type(rows[0]?.['id'], 'number')
  t.ok(rows.every((row) => !Object.values(row).includes(null)))
  t.match(headers.get('cache-control'), 'no-store')
})

t.test('dialects that set the same option, and unknown ones, are refused', async (t) => {
  await t.rejects(startSimulator({ dialects: ['page-listcount', 'no-listcount'] }), {
    name: 'TypeError',
    message: /page-listcount and no-listcount exclude each other/,
  })
  await t.rejects(startSimulator({ dialects: ['none' as DialectName] }), TypeError)
})
