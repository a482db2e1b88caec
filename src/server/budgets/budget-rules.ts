/** What the configuration promises to whom, by account and by consumer. */

import { NO_SHARES } from '../../limits/index.js'
import type { DayShares } from '../../limits/index.js'
import type { Config } from '../../config/schema.js'
import { DEFAULT_ACCOUNT } from '../authentication/client-directory.js'

export interface BudgetRules {
  /** Requests a day of this account; auto: what `/quota/` says. */
  readonly planOf: (account: string) => number | 'auto'
  readonly sharesOf: (account: string) => DayShares
  /** Part of the window that a consumer gets before all others, 0 to 1. */
  readonly minuteShares: ReadonlyMap<string, number>
  /** Names in the configuration, with the account that each is charged to. */
  readonly consumers: ReadonlyMap<string, string>
}

export function budgetRules({ accounts, consumers, limits }: Config): BudgetRules {
  const { max, keepForWrites, keepForInteractive, lendOver: lendOverMs } = limits.day
  const firstAccount = Object.keys(accounts)[0] ?? DEFAULT_ACCOUNT
  const plans = new Map(Object.entries(accounts).map(([name, { plan }]) => [name, plan ?? max]))
  const ofAccount = new Map<string, Map<string, number>>()
  const accountOf = new Map<string, string>()
  const minutes = new Map<string, number>()
  for (const [name, { account = firstAccount, share }] of Object.entries(consumers)) {
    accountOf.set(name, account)
    if (share?.minute !== undefined) minutes.set(name, share.minute)
    if (share?.day === undefined) continue
    const shares = ofAccount.get(account) ?? new Map<string, number>()
    ofAccount.set(account, shares.set(name, share.day))
  }
  const kept = { keepForWrites, keepForInteractive, lendOverMs }
  const noOne: DayShares = { ...NO_SHARES, ...kept }
  const shares = new Map([...ofAccount].map(([name, of]) => [name, { ...kept, consumers: of }]))
  return {
    planOf: (account) => plans.get(account) ?? max,
    sharesOf: (account) => shares.get(account) ?? noOne,
    minuteShares: minutes,
    consumers: accountOf,
  }
}
