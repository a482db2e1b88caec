/** How many rows an account gets, and what they are drawn with. */
import type { Random } from '../random.js'

export interface SeedPlan {
  readonly random: Random
  readonly seed: number
  /** Last day of the data, YYYY-MM-DD. */
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
