import { createLedger, createMemoryJournal, marginFor, NO_SHARES } from '../../src/limits/index.js'
import type {
  Clock,
  DayShares,
  EarlierSpending,
  Journal,
  Ledger,
  LedgerOptions,
  Permit,
} from '../../src/limits/index.js'
import type { Decision } from '../../src/limits/ledger/types.js'

export const WINDOW_MS = 1_000
export const LOST_MARGIN_MS = 500
/** From the answer to the moment at which the slot is free again. */
export const HOLD_MS = WINDOW_MS + marginFor(WINDOW_MS)

export interface Limits {
  readonly max?: number
  readonly windowMs?: number
  readonly dayMax?: number | 'auto'
  /** In the place of `dayMax`, by account. */
  readonly maxOf?: (account: string) => number | 'auto'
  readonly sharesOf?: (account: string) => DayShares
  readonly earlier?: readonly EarlierSpending[]
  readonly onSpent?: (permit: Permit, change: 1 | -1) => void
  readonly newDisk?: LedgerOptions['newDisk']
  readonly maxAccounts?: number
  readonly journal?: Journal
}

/** A ledger for the tests: 3 a second and 100 a day unless told otherwise. */
export function ledgerWith(clock: Clock, limits: Limits = {}): Ledger {
  const windowMs = limits.windowMs ?? WINDOW_MS
  return createLedger({
    clock,
    journal: limits.journal ?? createMemoryJournal(),
    newDisk: limits.newDisk ?? 'idle',
    sendWithinMs: 5_000,
    window: {
      max: limits.max ?? 3,
      windowMs,
      marginMs: marginFor(windowMs),
      lostMarginMs: LOST_MARGIN_MS,
    },
    day: {
      planOf: (account) => ({
        max: limits.maxOf?.(account) ?? limits.dayMax ?? 100,
        maxWhileUnknown: 50,
        shares: limits.sharesOf?.(account) ?? NO_SHARES,
      }),
      skewGuardMs: 5_000,
      flightGuardMs: 35_000,
    },
    ...(limits.earlier !== undefined && { earlier: limits.earlier }),
    ...(limits.onSpent !== undefined && { onSpent: limits.onSpent }),
    ...(limits.maxAccounts !== undefined && { maxAccounts: limits.maxAccounts }),
  })
}

/** A journal whose writes of one kind fail while `isBroken`. */
export function failingJournal(inner: Journal = createMemoryJournal()) {
  const failing = { isBroken: false, putSlot: true, putDay: true }
  const journal: Journal = {
    ...inner,
    putSlot: (index, record) =>
      failing.isBroken && failing.putSlot
        ? Promise.reject(new Error('no space'))
        : inner.putSlot(index, record),
    putDay: (record) =>
      failing.isBroken && failing.putDay
        ? Promise.reject(new Error('no space'))
        : inner.putDay(record),
  }
  return { journal, failing }
}

export const ofAccount = (account = 'a', chargesDay = true) => ({ account, chargesDay })

export function permitOf(decision: Decision): Permit {
  if (decision.kind !== 'permitted') throw new Error(`Expected a permit, got ${decision.kind}`)
  return decision.permit
}

export const take = async (ledger: Ledger, account = 'a'): Promise<Permit> =>
  permitOf(await ledger.take(ofAccount(account)))

export const kindOf = async (ledger: Ledger, account = 'a', chargesDay = true): Promise<string> =>
  (await ledger.take(ofAccount(account, chargesDay))).kind

export const dayUsed = (ledger: Ledger, account = 'a'): number | undefined =>
  ledger.usage().days.find((day) => day.account === account)?.used

/** The ledger with some of its methods replaced. */
export function replacing(inner: Ledger, methods: Partial<Ledger>): Ledger {
  return new Proxy(inner, {
    get(target, name) {
      const value: unknown = Reflect.get(name in methods ? methods : target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
