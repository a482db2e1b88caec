/**
 * The data set of an account, the same for the same seed. An agency has 40 clients, 150 projects,
 * 2,000 tasks and 10,000 time entries; a studio a tenth of that.
 */
import type { SimulatedAccount } from '../accounts.js'
import { createRandom, type Random } from '../random.js'
import { Store } from '../store.js'
import { resourceNames, type ResourceName } from '../table/resource-names.js'
import { seedLists } from './lists.js'
import { seedInvoices, seedOthers } from './money.js'
import { seedPeople } from './people.js'
import { seedClients, seedProjects } from './projects.js'
import { seedTasks, seedTime } from './work.js'

export interface SeedPlan {
  readonly random: Random
  readonly seed: number
  /** Last day of the data. */
  readonly today: string
  readonly clients: number
  readonly projects: number
  readonly tasks: number
  readonly timeEntries: number
  readonly invoices: number
  readonly colleagues: number
}

export const dataSizes = {
  agency: {
    clients: 40,
    projects: 150,
    tasks: 2000,
    timeEntries: 10_000,
    invoices: 120,
    colleagues: 16,
  },
  studio: { clients: 4, projects: 15, tasks: 200, timeEntries: 1000, invoices: 12, colleagues: 2 },
  empty: { clients: 0, projects: 0, tasks: 0, timeEntries: 0, invoices: 0, colleagues: 0 },
} as const

/** Ids of this account begin after these; accounts share one range, as tenants of one service do. */
const idsOfAnAccount = 1_000_000

/** Number of the first row of a resource in the account at this position. */
export function firstId(resource: ResourceName, position: number): number {
  return 100_001 + resourceNames.indexOf(resource) * 10_000 + position * idsOfAnAccount
}

export interface SeedOptions {
  readonly seed: number
  readonly today: string
  /** Position among the accounts: it moves the ids. */
  readonly position: number
}

export function seededStore(account: SimulatedAccount, options: SeedOptions): Store {
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
