import fc from 'fast-check'
import t from 'tap'
import { PRIORITIES } from '../../src/limits/index.js'
import type { DayShares } from '../../src/limits/index.js'
import { queueWith, reasonOf } from './queue-setup.js'
import { realClock } from './real-clock.js'
import { ledgerWith } from './setup.js'

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 8)
const HOUR_MS = 3_600_000
const NOON = Date.parse('2026-03-10T12:00:00Z')
const DAYS: Readonly<Record<string, number>> = { agency: 120, studio: 80 }
const SHARES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  agency: { app: 0.2, web: 0.1 },
  studio: { report: 0.3 },
}
const CONSUMERS = [
  ['agency', 'app'],
  ['agency', 'web'],
  ['agency', 'hog'],
  ['studio', 'report'],
  ['studio', 'crowd'],
] as const

const sharesOf = (account: string): DayShares => ({
  consumers: new Map(Object.entries(SHARES[account] ?? {})),
  keepForWrites: 0.05,
  keepForInteractive: 0.1,
  lendOverMs: 6 * HOUR_MS,
})

/** It is noon, or a moment before midnight, and stays so while the window runs on the real clock. */
function budgets(t: Parameters<typeof queueWith>[0], wallMs: number) {
  const clock = { ...realClock, wallMs: () => wallMs, bootId: null }
  const ledger = ledgerWith(clock, {
    max: 300,
    windowMs: 100,
    maxOf: (account) => DAYS[account] ?? 0,
    sharesOf,
  })
  const shares: Readonly<Record<string, number>> = { app: 0.2, report: 0.3 }
  const minuteShares = () => new Map(Object.entries(shares))
  return queueWith(t, { ledger, max: 300, windowMs: 100, minuteShares, agingMs: 200 })
}

const plan = fc.record({
  consumer: fc.constantFrom(...CONSUMERS),
  priority: fc.constantFrom(...PRIORITIES),
  count: fc.integer({ min: 1, max: 60 }),
})

t.test(
  'two accounts, five consumers, any behaviour: the days exactly, and each its share',
  async (t) => {
    let days = 0
    await fc.assert(
      fc.asyncProperty(fc.array(plan, { minLength: 4, maxLength: 14 }), async (plans) => {
        const { many, queue, ledger } = budgets(t, NOON)
        const got = new Map<string, number>()
        const reasons = new Map<string, string[]>()
        const run = async ({
          consumer: [account, consumer],
          priority,
          count,
        }: (typeof plans)[0]) => {
          const request = { account, consumer, priority, maxWaitMs: 1e6 }
          const admissions = await many(count, consumer, request)
          for (const admission of admissions) {
            if (admission.kind === 'permitted') got.set(consumer, (got.get(consumer) ?? 0) + 1)
            else reasons.set(consumer, [...(reasons.get(consumer) ?? []), reasonOf(admission)])
          }
        }
        await Promise.all(plans.map(run))
        const sumOf = (account: string): number =>
          CONSUMERS.filter(([of]) => of === account).reduce(
            (sum, [, c]) => sum + (got.get(c) ?? 0),
            0,
          )
        for (const { account, used, max } of ledger.usage().days) {
          if (used !== sumOf(account)) throw new Error(`${account}: ${used}, not ${sumOf(account)}`)
          if (used > max) throw new Error(`${account}: ${used} of ${max}`)
          if (used === max) days++
        }
        // Whoever has a share gets the rest of it now, whatever happened before.
        for (const [account, shares] of Object.entries(SHARES)) {
          for (const [consumer, share] of Object.entries(shares)) {
            const owed = Math.floor(share * (DAYS[account] ?? 0))
            const count = Math.max(0, owed - (got.get(consumer) ?? 0))
            if (count > 0)
              await run({ consumer: [account, consumer] as never, priority: 'background', count })
            if ((got.get(consumer) ?? 0) < owed) {
              throw new Error(
                `${consumer}: ${got.get(consumer) ?? 0} of ${owed} ${reasons.get(consumer)?.join()}`,
              )
            }
          }
        }
        await queue.close()
      }),
      { numRuns: RUNS },
    )
    t.pass(`${RUNS} schedules, ${days} days spent to the last request`)
  },
)

t.test('at the end of the day whoever is left gets all of it', async (t) => {
  for (const [account, consumer] of CONSUMERS) {
    const { many, queue } = budgets(t, Date.parse('2026-03-10T23:58:00Z'))
    const request = { account, consumer, maxWaitMs: 1e6 }
    const admissions = await many(130, consumer, request)
    const got = admissions.filter(({ kind }) => kind === 'permitted').length
    t.equal(got, DAYS[account], consumer)
    await queue.close()
  }
})
