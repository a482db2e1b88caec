/** Plans and shares from the configuration, by account and by consumer. */

import { NO_SHARES } from '../../limits/index.js'
import type { DayPlan } from '../../limits/index.js'
import type { Config } from '../../config/schema.js'
import { DEFAULT_ACCOUNT } from '../../config/sections/accounts-section.js'

/** Documented for every paid plan but one; true until `/quota/` has answered. */
const MAX_WHILE_UNKNOWN = 6_000

export interface BudgetRules {
  readonly planOf: (account: string) => DayPlan
  /** Part of the window that a consumer gets before all others, 0 to 1. */
  readonly minuteShares: ReadonlyMap<string, number>
  /** Names in the configuration, with the account that each is charged to. */
  readonly consumers: ReadonlyMap<string, string>
}

export function budgetRules({ accounts, consumers, limits }: Config): BudgetRules {
  const { max, keepForWrites, keepForInteractive, lendOver: lendOverMs } = limits.day
  const firstAccount = Object.keys(accounts)[0] ?? DEFAULT_ACCOUNT
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
  const planFor = (account: string): DayPlan => ({
    max: accounts[account]?.plan ?? max,
    maxWhileUnknown: MAX_WHILE_UNKNOWN,
    shares: {
      consumers: ofAccount.get(account) ?? NO_SHARES.consumers,
      keepForWrites,
      keepForInteractive,
      lendOverMs,
    },
  })
  const names = [...Object.keys(accounts), ...ofAccount.keys()]
  const plans = new Map(names.map((name) => [name, planFor(name)]))
  const otherPlan = planFor('')
  return {
    planOf: (account) => plans.get(account) ?? otherPlan,
    minuteShares: minutes,
    consumers: accountOf,
  }
}
