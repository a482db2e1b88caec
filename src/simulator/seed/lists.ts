/** The lists that every account has: statuses, priorities, types, modules, work types. */
import { groupIds, groupNames, roles } from '../accounts.js'
import type { Store } from '../rows/store.js'
import { moduleNames, worktypeNames } from './words.js'

const statuses = ['Unassigned', 'Open', 'In Progress', 'Staged', 'On Hold', 'Closed'] as const
const priorities = [
  ['Very High', 'cc0000'],
  ['High', 'ff6600'],
  ['Medium', 'ffcc00'],
  ['Low', '66cc33'],
  ['Very Low', '999999'],
] as const
const labels = [
  ['Retainer', '3366cc'],
  ['Fixed price', '33aa66'],
  ['Internal', '999999'],
] as const
const terms = [
  ['Due on receipt', '0'],
  ['Net 10', '10'],
  ['Net 15', '15'],
  ['Net 30', '30'],
  ['Net 60', '60'],
  ['Other', '0'],
] as const
const contacts = {
  Email: ['Work', 'Home'],
  Phone: ['Work', 'Mobile', 'Home'],
  Website: ['Work'],
} as const
const payments = ['Check', 'Cash', 'Credit card', 'Wire transfer', 'Other'] as const

export function seedLists(store: Store): void {
  for (const role of roles) store.insert('group', { id: groupIds[role], name: groupNames[role] })
  // Term 6 is "other": the invoice has its name and due date.
  for (const [at, [name, duration]] of terms.entries()) {
    const number = String(at + 1)
    store.insert('invoiceterm', { id: number, name, duration, priority: number })
  }
  for (const [at, name] of payments.entries()) {
    store.insert('paymenttype', { id: String(at + 1), name })
  }
  let descriptor = 0
  for (const [at, [name, descriptors]] of Object.entries(contacts).entries()) {
    const contacttypeid = String(at + 1)
    store.insert('contacttype', { id: contacttypeid, name })
    for (const name of descriptors) {
      descriptor += 1
      store.insert('contactdescriptor', { id: String(descriptor), contacttypeid, name })
    }
  }
  for (const [at, name] of statuses.entries()) {
    const priority = String((at + 1) * 10)
    store.insert('taskstatus', {
      name,
      priority,
      frozen: name === 'Closed' ? 't' : 'f',
      active: 't',
    })
  }
  for (const [at, [name, color]] of priorities.entries()) {
    const isdefault = name === 'Medium' ? 't' : 'f'
    store.insert('taskpriority', { name, color, priority: String(at + 1), isdefault, active: 't' })
  }
  for (const [at, [name, color]] of labels.entries()) {
    store.insert('projectlabel', { name, color, priority: String(at + 1), active: 't' })
  }
  for (const name of moduleNames) {
    const active = name === 'Print' ? 'f' : 't'
    store.insert('module', { name, description: '', active })
  }
  for (const [name, defaulthourlyrate] of worktypeNames) {
    store.insert('worktype', { name, defaulthourlyrate, active: 't' })
  }
}
