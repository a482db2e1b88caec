/** Fills invoices from time entries. Source: www.myintervals.com/api/resource.php?r=invoice */
import type { CallContext } from '../rows/call-context.js'
import { money } from '../table/sums.js'
import type { Row } from '../rows/store.js'

/** An invoice with both dates gets an item for each work type of the billable time between them. */
export function prefillInvoice(row: Row, { store }: CallContext): void {
  const [begin, end] = [row['datebegin'] ?? null, row['dateend'] ?? null]
  if (begin === null || end === null) return
  const hours = new Map<string, number>()
  for (const entry of store.where('time', 'projectid', row['projectid'] ?? '')) {
    const date = entry['date'] ?? ''
    if (entry['billable'] !== 't' || date < begin || date > end) continue
    const worktypeid = entry['worktypeid'] ?? ''
    hours.set(worktypeid, (hours.get(worktypeid) ?? 0) + Number(entry['time'] ?? 0))
  }
  const rates = store.where('projectworktype', 'projectid', row['projectid'] ?? '')
  for (const [worktypeid, quantity] of hours) {
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
