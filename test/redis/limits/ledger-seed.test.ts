import t from 'tap'
import { createMemoryJournal } from '../../../src/limits/index.js'
import { seedOfEarlier } from '../../../src/redis/limits/ledger-seed.js'
import { marginFor } from '../../../src/limits/ledger/window.js'
import { testClock } from '../../limits/clock.js'
import { HOLD_MS, ledgerWith, LOST_MARGIN_MS, take, WINDOW_MS } from '../../limits/setup.js'

t.test('what one process counted by itself, as a ledger on Redis is told of it', async (t) => {
  const clock = testClock()
  const journal = createMemoryJournal()
  const ledger = ledgerWith(clock, { journal, max: 10 })
  ledger.settle(await take(ledger), 'answered')
  clock.advance(HOLD_MS)
  ledger.settle(await take(ledger), 'answered')
  clock.advance(300)
  // Neither answered nor given up when the process ends.
  await take(ledger, 'b')
  ledger.refused({ reason: 'suspended', scope: 'account:b', retryAfterMs: undefined })
  ledger.refused({ reason: 'too-fast', scope: 'window', retryAfterMs: undefined })
  const contents = journal.load()
  if (contents === undefined) throw new Error('there is a history')
  const spent = [
    { account: 'a', day: '2026-03-10', consumer: 'app', calls: 1 },
    { account: 'a', day: '2026-03-10', consumer: 'app', calls: 1 },
    { account: 'a', day: '2026-03-01', consumer: 'app', calls: 9 },
  ]
  const window = {
    max: 10,
    windowMs: WINDOW_MS,
    marginMs: marginFor(WINDOW_MS),
    lostMarginMs: LOST_MARGIN_MS,
  }
  const toShared = (scope: string): string => (scope === 'window' ? 'window:here' : scope)
  const options = { clock, window, oldestDay: '2026-03-09', toShared }
  const seed = seedOfEarlier({ ...contents, spent }, options)
  t.same(
    new Map(seed.days),
    new Map([
      ['a\n2026-03-10', 2],
      ['b\n2026-03-10', 1],
    ]),
  )
  t.same(seed.spent, [['a\n2026-03-10\napp', 2]])
  const left = seed.slots.map(([, leftMs]) => Math.round(leftMs)).toSorted((a, b) => a - b)
  t.same(
    left,
    [HOLD_MS - 300, HOLD_MS + LOST_MARGIN_MS].map(Math.round),
    'the first has come back already',
  )
  const pauses = new Map(seed.pauses)
  t.match(pauses.get('account:b'), { reason: 'suspended', leftMs: 'never' })
  t.match(pauses.get('window:here'), { reason: 'too-fast', leftMs: HOLD_MS })
  clock.advance(10 * 86_400_000)
  const later = seedOfEarlier({ ...contents, spent }, { ...options, oldestDay: '2026-03-19' })
  t.same([later.days, later.spent], [[], []])
  t.same([...new Map(later.pauses).keys()], ['account:b'])
})
