/** Fills invoices from time entries. Source: www.myintervals.com/api/resource.php?r=invoice */
import type { CallContext } from '../rows/call-context.js'
import { money } from '../table/sums.js'
import type { Row } from '../rows/store.js'

/** An invoice with both dates gets an item for each work type of the billable time between them. */
export function prefillInvoice(row: Row, { store }: CallContext): void {
  const [begin, end] = [row['datebegin'] ?? null, row['dateend'] ?? null]
  if (begin === null || end === null) return
  const projectid = row['projectid'] ?? ''
  const entries = store.where('time', 'projectid', projectid).filter((entry) => {
    const date = entry['date'] ?? ''
    return entry['billable'] === 't' && date >= begin && date <= end
  })
  const rates = store.where('projectworktype', 'projectid', projectid)
  for (const [worktypeid, quantity] of hoursByWorktype(entries)) {
    const rate = Number(rates.find((r) => r['worktypeid'] === worktypeid)?.['hourlyrate'] ?? 0)
    store.insert('invoiceitem', {
      invoiceid: row.id,
      name: store.get('worktype', worktypeid)?.['name'] ?? '',
      description: '',
      quantity: money(quantity),
      rate: money(rate),
      amount: money(quantity * rate),
    })
  }
}

function hoursByWorktype(entries: readonly Row[]): ReadonlyMap<string, number> {
  const hours = new Map<string, number>()
  for (const { worktypeid, time } of entries) {
    const id = worktypeid ?? ''
    hours.set(id, (hours.get(id) ?? 0) + Number(time ?? 0))
  }
  return hours
}
