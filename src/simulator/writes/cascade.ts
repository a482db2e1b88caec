/**
 * Further changes when a row is deleted. Only people are documented: a person's time is deleted, and
 * their tasks and projects move to the caller (www.myintervals.com/forum/discussion/18). The rest is
 * a guess, so the option `deleteCascade` offers both: delete dependent rows, or blank the references.
 */
import type { CallContext } from '../rows/call-context.js'
import { csvOf, type Row } from '../rows/store.js'
import type { ResourceName } from '../rows/resource-names.js'

/** Rows that belong to a row, by the column that says so. */
const owned: Partial<Record<ResourceName, readonly (readonly [ResourceName, string])[]>> = {
  client: [['project', 'clientid']],
  project: [
    ['task', 'projectid'],
    ['time', 'projectid'],
    ['milestone', 'projectid'],
    ['expense', 'projectid'],
    ['invoice', 'projectid'],
    ['payment', 'projectid'],
    ['request', 'projectid'],
    ['document', 'projectid'],
    ['projectnote', 'projectid'],
    ['projectteam', 'projectid'],
    ['projectmodule', 'projectid'],
    ['projectworktype', 'projectid'],
  ],
  task: [
    ['time', 'taskid'],
    ['tasknote', 'taskid'],
    ['timer', 'taskid'],
    ['document', 'taskid'],
  ],
  milestone: [['milestonenote', 'milestoneid']],
  invoice: [
    ['invoiceitem', 'invoiceid'],
    ['invoicenote', 'invoiceid'],
  ],
  person: [
    ['time', 'personid'],
    ['timer', 'personid'],
    ['personcontact', 'personid'],
    ['projectteam', 'personid'],
    ['tasklistfilter', 'personid'],
  ],
}

/** References that become null under both settings. */
const loosened: Partial<Record<ResourceName, readonly (readonly [ResourceName, string])[]>> = {
  client: [['person', 'clientid']],
  milestone: [['task', 'milestoneid']],
  invoice: [['payment', 'invoiceid']],
  request: [['task', 'queueid']],
}

/** Columns in which the caller replaces a deleted person. */
const handedOn = [
  ['task', 'assigneeid'],
  ['task', 'ownerid'],
  ['task', 'followerid'],
  ['milestone', 'ownerid'],
  ['project', 'managerid'],
] as const

/** Rows that make no sense without their owner and are always deleted with it. */
const neverOrphaned: ReadonlySet<ResourceName> = new Set([
  ...(['projectteam', 'projectmodule', 'projectworktype', 'personcontact'] as const),
  ...(['tasknote', 'milestonenote', 'invoiceitem', 'invoicenote', 'tasklistfilter'] as const),
])

export function cascade(resource: ResourceName, row: Row, call: CallContext): void {
  const { store, settings } = call
  if (resource === 'person') handOn(row.id, call)
  for (const [target, column] of owned[resource] ?? []) {
    const takes = settings.deleteCascade || resource === 'person' || neverOrphaned.has(target)
    for (const child of store.where(target, column, row.id)) {
      if (!takes) {
        store.update(target, child, { [column]: null })
        continue
      }
      cascade(target, child, call)
      store.remove(target, child.id)
    }
  }
  for (const [target, column] of loosened[resource] ?? []) {
    for (const child of store.where(target, column, row.id)) {
      store.update(target, child, { [column]: null })
    }
  }
}

function handOn(personid: string, { store, caller }: CallContext): void {
  for (const [target, column] of handedOn) {
    for (const row of store.all(target)) {
      const people = csvOf(row[column])
      if (!people.includes(personid)) continue
      const others = people.map((id) => (id === personid ? caller.id : id))
      store.update(target, row, { [column]: [...new Set(others)].join(',') })
    }
  }
}
