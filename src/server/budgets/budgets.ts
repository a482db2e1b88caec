/** How the budgets stand: who spent what, what is kept for whom, how long the day lasts; and warnings. */

import type { FastifyBaseLogger } from 'fastify'
import { createWarnings, notLent, runsOutAt } from '../../limits/index.js'
import type {
  AdmissionQueue,
  Clock,
  DayUsage,
  Ledger,
  SpendingBook,
  SpendingJournal,
} from '../../limits/index.js'
import type { Events, StateEvent } from '../../observability/events.js'
import type { ConsumerBudget, DayBudget } from '../../report/status-report.js'
import type { BudgetRules } from './budget-rules.js'

type ClientBudget = Omit<ConsumerBudget, 'lastUsed'>

export interface Budgets {
  day(day: DayUsage): DayBudget
  /** Those in the configuration, those who wait, and those who spent most today. */
  consumers(): readonly ClientBudget[]
  /** Looks for what is to be told, and writes the spending book; done every second by itself. */
  tick(): Promise<void>
  close(): Promise<void>
}

export interface BudgetsOptions {
  readonly book: SpendingBook
  readonly journal: SpendingJournal
  readonly ledger: Ledger
  readonly queue: AdmissionQueue
  readonly clock: Clock
  /** As configured now. */
  readonly rules: () => BudgetRules
  readonly events: Pick<Events, 'emit'>
  readonly log: FastifyBaseLogger
}

type BudgetEvent = Extract<StateEvent, { event: 'budget' }>

const TICK_MS = 1_000
/** Consumers in a listing, those in the configuration apart. */
const MAX_LISTED = 200

export function createBudgets(options: BudgetsOptions): Budgets {
  const { book, journal, ledger, queue, clock, rules, events, log } = options
  const warnings = createWarnings({
    said: journal.notices(),
    onSaid: (record) => void journal.putNotice(record).catch(complain),
  })
  let ticking = Promise.resolve()
  let isComplaining = false

  /** Once until it works again. */
  function complain(error: unknown): void {
    if (!isComplaining) log.error({ err: error }, 'the spending book could not be written')
    isComplaining = true
  }
  /** The upstream's day is what counts. */
  const wallMs = (): number => clock.wallMs() + (ledger.usage().skewMs ?? 0)

  function budgetOf({ account, max, used, resetAtWallMs }: DayUsage): DayBudget {
    const nowMs = wallMs()
    const { calls, overMs } = book.recent(nowMs)
    const ofAccount = calls.get(account) ?? 0
    const { shares } = rules().planOf(account)
    const part = notLent(resetAtWallMs - nowMs, shares.lendOverMs)
    const listed = ledger.shares(account)?.listed ?? []
    const endsAtMs = resetAtWallMs
    const atMs = runsOutAt({ max, used, calls: ofAccount, overMs, nowMs, endsAtMs })
    return {
      kept: {
        consumers: listed.reduce((sum, { kept }) => sum + kept, 0),
        interactive: Math.floor(shares.keepForInteractive * max * part),
        writes: Math.floor(shares.keepForWrites * max * part),
      },
      perHour: Math.round((ofAccount * 3_600_000) / overMs),
      lastsUntil: atMs === null ? null : new Date(atMs).toISOString(),
    }
  }

  function consumers(): readonly ClientBudget[] {
    const waiting = queue.usage().byConsumer
    const { consumers: listed } = rules()
    const rows = new Map<string, ClientBudget>()
    const put = (account: string, consumer: string, rest: Partial<ClientBudget>): void => {
      const key = JSON.stringify([account, consumer])
      const none = { spentToday: 0, shareOfDay: null, keptForIt: 0 }
      const before = rows.get(key) ?? { consumer, account, ...none, waiting: 0 }
      rows.set(key, { ...before, waiting: waiting.get(consumer) ?? 0, ...rest })
    }
    for (const [consumer, account] of listed) put(account, consumer, {})
    for (const { account } of ledger.usage().days) {
      const shares = ledger.shares(account)
      for (const [consumer, spentToday] of shares?.spent ?? []) {
        if (spentToday > 0) put(account, consumer, { spentToday })
      }
      for (const { consumer, promised, kept } of shares?.listed ?? []) {
        put(account, consumer, { shareOfDay: promised, keptForIt: kept })
      }
    }
    const known = new Set([...rows.values()].map(({ consumer }) => consumer))
    for (const consumer of waiting.keys()) if (!known.has(consumer)) put('', consumer, {})
    const sorted = [...rows.values()].toSorted((a, b) => b.spentToday - a.spentToday)
    return sorted.filter(({ consumer }, i) => i < MAX_LISTED || listed.has(consumer))
  }

  function tell(event: Omit<BudgetEvent, 'event'>): void {
    const { account, consumer, percent, used, max, lastsUntil } = event
    const whose = consumer === null ? `the day of ${account}` : `${consumer}’s share of the day`
    const end = lastsUntil === null ? '' : `; at this rate the day lasts until ${lastsUntil}`
    const text = `${percent} % of ${whose} are spent, ${used} of ${max}${end}`
    log[percent < 80 ? 'info' : 'warn']({ budget: event }, text)
    events.emit({ event: 'budget', ...event })
  }

  function lookForWarnings(): void {
    for (const usage of ledger.usage().days) {
      if (usage.isUnknown) continue
      const { account, day, used, max } = usage
      const shares = ledger.shares(account)
      const budgets = [
        { consumer: null, used, max },
        ...(shares?.listed ?? []).map(({ consumer, promised }) => ({
          consumer,
          used: shares?.spent.get(consumer) ?? 0,
          max: promised,
        })),
      ]
      for (const budget of budgets) {
        const subject = JSON.stringify([account, budget.consumer])
        const { used: spent, max: whole } = budget
        const threshold = warnings.due({ day, subject, used: spent, budget: whole })
        if (threshold === undefined) continue
        const { lastsUntil } = budgetOf(usage)
        tell({ account, day, percent: Math.round(threshold * 100), ...budget, lastsUntil })
      }
    }
  }

  async function tick(): Promise<void> {
    lookForWarnings()
    // One after the other: a slow disk must not be written to twice at the same time.
    ticking = ticking.then(async () => {
      try {
        await book.flush(wallMs())
        isComplaining = false
      } catch (error) {
        complain(error)
      }
    })
    await ticking
  }

  let isTicking = false
  const timer = setInterval(() => {
    if (isTicking) return
    isTicking = true
    void tick().finally(() => {
      isTicking = false
    })
  }, TICK_MS)
  timer.unref()

  return {
    day: budgetOf,
    consumers,
    tick,
    async close() {
      clearInterval(timer)
      await tick()
      await journal.close()
    },
  }
}
