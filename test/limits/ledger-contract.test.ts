import t from 'tap'
import { testClock } from './clock.js'
import { ledgerContract } from './contract/ledger.js'
import { HOLD_MS, ledgerWith, LOST_MARGIN_MS } from './setup.js'

ledgerContract(t, async (t, limits) => {
  const clock = testClock()
  const ledger = ledgerWith(clock, limits)
  t.teardown(() => ledger.close())
  return {
    ledger,
    holdMs: HOLD_MS,
    lostMarginMs: LOST_MARGIN_MS,
    pass: async (ms) => clock.advance(ms),
    until: async (condition, what) => {
      t.ok(condition(), what)
    },
  }
})
