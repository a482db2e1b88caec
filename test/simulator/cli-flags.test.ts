import t from 'tap'
import type { SimulateFlag } from '../../src/simulator/cli/flags.js'
import { parseSimulateFlag } from '../../src/simulator/cli/simulate-flag.js'

const row = (kind: SimulateFlag['kind']): SimulateFlag => {
  return { group: '', flag: '--x <y>', description: '', option: 'port', kind, choices: ['a', 'b'] }
}

t.test('reads values by their kind', async (t) => {
  t.equal(parseSimulateFlag(row('integer'), '7'), 7)
  t.equal(parseSimulateFlag(row('share'), '0.25'), 0.25)
  t.equal(parseSimulateFlag(row('share'), '1'), 1)
  t.equal(parseSimulateFlag(row('duration'), '2s'), 2000)
  t.equal(parseSimulateFlag(row('duration'), '70'), 70)
  t.strictSame(parseSimulateFlag(row('duration-range'), '50ms'), [50, 50])
  t.strictSame(parseSimulateFlag(row('duration-range'), '50ms,1s'), [50, 1000])
  t.equal(parseSimulateFlag(row('boolean'), true), true)
  t.equal(parseSimulateFlag(row('boolean'), 'no'), false)
  t.equal(parseSimulateFlag(row('choice'), 'a'), 'a')
  t.strictSame(parseSimulateFlag(row('list'), 'b,a'), ['b', 'a'])
  t.equal(parseSimulateFlag(row('string'), 'as it is'), 'as it is')
})

t.test('says which values are allowed', async (t) => {
  const cases: Readonly<Partial<Record<SimulateFlag['kind'], readonly [string, string]>>> = {
    integer: ['7.5', 'a whole number'],
    share: ['1.5', 'a share from 0 to 1'],
    duration: ['soon', 'a duration such as 500ms, 2s or 1m'],
    'duration-range': ['1,2,3', 'one or two durations, such as 50ms,200ms'],
    boolean: ['maybe', 'true or false'],
    choice: ['c', 'one of a, b'],
    list: ['a,c', 'some of a, b, with commas in between'],
  }
  for (const [kind, [raw, expected]] of Object.entries(cases)) {
    t.throws(() => parseSimulateFlag(row(kind as SimulateFlag['kind']), raw), {
      message: `--x: expected ${expected}, got "${raw}"`,
      exitCode: 2,
    })
  }
})
