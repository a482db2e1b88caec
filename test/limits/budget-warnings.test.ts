import fc from 'fast-check'
import t from 'tap'
import { createWarnings, runsOutAt } from '../../src/limits/index.js'
import type { NoticeRecord } from '../../src/limits/index.js'

const HOUR_MS = 3_600_000
const NOON = Date.parse('2026-03-10T12:00:00Z')
const endsAtMs = NOON + 12 * HOUR_MS

t.test('when the day runs out at the rate of the last hours', async (t) => {
  const cases: readonly [string, number, number, number, number | null][] = [
    // used of 1,000, calls, hours they took, hours until it runs out
    ['it lasts', 500, 40, 1, null],
    ['it does not', 500, 100, 1, 5],
    ['over an hour and a half', 400, 300, 1.5, 3],
    ['to the very end', 400, 50, 1, null],
    ['nobody asks for anything', 999, 0, 1, null],
    ['no time to measure', 999, 5, 0, null],
    ['nothing is left', 1_000, 0, 1, 0],
    ['others spent more than there is', 1_300, 5, 1, 0],
  ]
  for (const [name, used, calls, hours, expected] of cases) {
    const pace = { max: 1_000, used, calls, overMs: hours * HOUR_MS, nowMs: NOON, endsAtMs }
    const at = runsOutAt(pace)
    t.equal(at === null ? null : (at - NOON) / HOUR_MS, expected, name)
  }
})

t.test('at 50, 80 and 95 %, each once a day, across restarts', async (t) => {
  const journal: NoticeRecord[] = []
  const start = () =>
    createWarnings({ said: [...journal], onSaid: (record) => void journal.push(record) })
  let warnings = start()
  const due = (used: number, day = '2026-03-10', subject = 'a') =>
    warnings.due({ day, subject, used, budget: 200 })
  t.equal(due(99), undefined)
  t.equal(due(100), 0.5)
  t.equal(due(120), undefined, 'not again')
  t.equal(due(100, '2026-03-10', 'b'), 0.5, 'of another budget')
  warnings = start()
  t.equal(due(130), undefined, 'nor after a restart')
  t.equal(due(90), undefined)
  t.equal(due(110), undefined, 'nor when some was given back')
  t.equal(due(200), 0.95, 'a jump says the highest only')
  t.equal(due(200), undefined)
  warnings = start()
  t.equal(due(200), undefined)
  t.equal(due(165, '2026-03-11'), 0.8, 'the next day begins anew')
  t.equal(warnings.due({ day: '2026-03-11', subject: 'c', used: 5, budget: 0 }), undefined)
})

t.test(
  'however it is spent: each threshold at most once a day, and none is forgotten',
  async (t) => {
    let told = 0
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.array(fc.record({ more: fc.nat(60), restart: fc.boolean() }), { maxLength: 40 }),
        (budget, steps) => {
          const journal: NoticeRecord[] = []
          const start = () =>
            createWarnings({ said: [...journal], onSaid: (record) => void journal.push(record) })
          let warnings = start()
          let used = 0
          const said: number[] = []
          for (const { more, restart } of steps) {
            used += more
            if (restart) warnings = start()
            const threshold = warnings.due({ day: 'today', subject: 'a', used, budget })
            if (threshold !== undefined) said.push(threshold)
            const highest = [0.5, 0.8, 0.95].findLast((one) => used >= one * budget)
            if (said.at(-1) !== highest) throw new Error(`${said.at(-1)} instead of ${highest}`)
          }
          told += said.length
          if (said.some((one, i) => i > 0 && one <= (said[i - 1] ?? 0))) throw new Error('twice')
        },
      ),
    )
    t.ok(told > 50, `${told} warnings`)
  },
)
