import { RESOURCE_NAMES } from '../../cache/index.js'
import { SpendingBook } from '../../limits/index.js'
import type { Journal, SpendingJournal } from '../../limits/index.js'

const RESOURCES: ReadonlySet<string> = new Set(RESOURCE_NAMES)

/** The book as the last process left it; what it lost of today in a crash is booked to nobody. */
export function openSpendingBook(options: {
  readonly spendingJournal: SpendingJournal
  /** The ledger's, which is exact. */
  readonly journal: Pick<Journal, 'load'>
  /** Epoch milliseconds. */
  readonly nowMs: number
  /** Counted by name, however many others there are. */
  readonly isListed: (consumer: string) => boolean
}): SpendingBook {
  const { spendingJournal, journal, nowMs, isListed } = options
  const book = new SpendingBook({ journal: spendingJournal, resources: RESOURCES, isListed })
  book.reconcile(journal.load()?.days ?? [], nowMs)
  return book
}
