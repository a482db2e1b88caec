/**
 * The data set of an account, the same for the same seed. An agency has 40 clients, 150 projects,
 * 2,000 tasks and 10,000 time entries; a studio a tenth of that.
 */
import type { SimulatedAccount } from '../accounts.js'
import { createRandom } from '../random.js'
import { Store } from '../rows/store.js'
import { resourceNames, type ResourceName } from '../rows/resource-names.js'
import { seedLists } from './lists.js'
import { seedInvoices, seedOthers } from './money.js'
import { seedPeople } from './people.js'
import { dataSizes, type SeedPlan } from './plan.js'
import { seedClients, seedProjects } from './projects.js'
import { seedTasks, seedTime } from './work.js'

/** Distance between the ids of two accounts; all tenants of one service share one range. */
const idsOfAnAccount = 1_000_000

/** Id of the first row of a resource in the account at this position. */
export function firstId(resource: ResourceName, position: number): number {
  return 100_001 + resourceNames.indexOf(resource) * 10_000 + position * idsOfAnAccount
}

export interface SeedOptions {
  readonly seed: number
  readonly today: string
  /** Position among the accounts; the ids depend on it. */
  readonly position: number
}

/** Making the rows takes a tenth of a second; stores of the same seed share them until one changes. */
const made = new Map<string, Store>()
const MAX_MADE = 8

export function seededStore(account: SimulatedAccount, options: SeedOptions): Store {
  const key = JSON.stringify([account, options])
  const known = made.get(key)
  if (known !== undefined) return known.copy()
  const store = makeStore(account, options)
  if (made.size >= MAX_MADE) made.clear()
  made.set(key, store)
  return store.copy()
}

function makeStore(account: SimulatedAccount, options: SeedOptions): Store {
  const store = new Store()
  for (const resource of resourceNames) {
    store.startIdsAfter(resource, firstId(resource, options.position) - 1)
  }
  const seed = options.seed * 7919 + options.position
  const random = createRandom(seed)
  const plan: SeedPlan = { random, seed, today: options.today, ...dataSizes[account.size] }
  seedLists(store)
  seedPeople(store, account, plan)
  if (account.size === 'empty') return store
  seedClients(store, plan)
  seedProjects(store, plan)
  seedTasks(store, plan)
  seedTime(store, plan)
  seedInvoices(store, plan)
  seedOthers(store, plan)
  return store
}
