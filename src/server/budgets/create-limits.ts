/** Ledger, queue and what is counted behind them, made from the configuration. */

import type { FastifyBaseLogger } from 'fastify'
import {
  AdmissionQueue,
  createLedger,
  createMemorySpendingJournal,
  marginFor,
} from '../../limits/index.js'
import type { Ledger, LedgerOptions, SpendingBook } from '../../limits/index.js'
import type { Config } from '../../config/schema.js'
import type { Events } from '../../observability/events.js'
import type { AppDeps } from '../app-deps.js'
import type { RuntimeConfig } from '../runtime-config.js'
import { createBudgets } from './budgets.js'
import type { Budgets } from './budgets.js'
import type { BudgetRules } from './budget-rules.js'
import { openSpendingBook } from './open-spending-book.js'

export interface Limits {
  readonly ledger: Ledger
  /** Who spent what, by the hour. */
  readonly spending: SpendingBook
  readonly budgets: Budgets
  readonly queue: AdmissionQueue
}

/** A request that was sent must be answered or dead by then, the queue of the socket included. */
const SEND_WITHIN_MS = 5_000
const LOST_MARGIN_MS = 2_000
/** A class goes before more urgent ones after this long; well within the default longest wait. */
const AGING_MS = 10_000

export function createLimits(
  config: Config,
  deps: AppDeps,
  options: {
    readonly runtime: Pick<RuntimeConfig, 'budgetRules'>
    readonly events: Pick<Events, 'emit'>
    readonly log: FastifyBaseLogger
    /** A call was charged to a day (1), or given back unsent (-1). */
    readonly onCall: (change: 1 | -1) => void
  },
): Limits {
  const { minute, queue: queueConfig } = config.limits
  const { clock, journal, spending: spendingJournal = createMemorySpendingJournal() } = deps
  const { runtime, events, log, onCall } = options
  const rules = (): BudgetRules => runtime.budgetRules
  const nowMs = clock.wallMs()
  const isListed = (consumer: string): boolean => rules().consumers.has(consumer)
  const spending = openSpendingBook({ spendingJournal, journal, nowMs, isListed })
  const common: Pick<LedgerOptions, 'onSpent' | 'sendWithinMs' | 'window' | 'day'> = {
    onSpent: (permit, change) => {
      spending.add(permit, change)
      onCall(change)
    },
    sendWithinMs: SEND_WITHIN_MS,
    window: {
      max: minute.max,
      windowMs: minute.window,
      marginMs: marginFor(minute.window),
      lostMarginMs: LOST_MARGIN_MS,
    },
    day: {
      planOf: (account) => rules().planOf(account),
      skewGuardMs: 5_000,
      flightGuardMs: SEND_WITHIN_MS + config.upstream.timeout,
    },
  }
  const ledger =
    deps.shared?.createLedger(common) ??
    createLedger({
      ...common,
      clock,
      journal,
      earlier: spending.earlier(nowMs),
      newDisk: deps.newDisk,
    })
  const { quarantineMs } = ledger.usage()
  if (deps.shared === undefined && quarantineMs !== undefined) {
    log.warn(
      `the requests of the last minute are not known, so the window counts as full: the first request leaves in ${Math.ceil(quarantineMs / 1_000)} s. Cached answers are not affected`,
    )
  }
  const burst = Math.max(
    1,
    Math.min(minute.max - 1, Math.floor(minute.max * queueConfig.burstShare)),
  )
  const queue = new AdmissionQueue({
    ledger,
    clock,
    pace: { max: minute.max, windowMs: minute.window, burst, graceMs: 50 },
    maxLength: queueConfig.maxLength,
    maxLengthPerConsumer: queueConfig.maxLengthPerConsumer ?? Math.ceil(queueConfig.maxLength / 2),
    agingMs: AGING_MS,
    minuteShares: () => rules().minuteShares,
  })
  const budgets = createBudgets({
    book: spending,
    journal: spendingJournal,
    ledger,
    queue,
    clock,
    rules,
    events,
    log,
  })
  return { ledger, spending, budgets, queue }
}
