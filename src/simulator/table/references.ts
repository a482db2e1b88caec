/** Foreign keys: the resource that a field refers to. A field may hold several ids as CSV. */
import type { ResourceName } from '../rows/resource-names.js'

export const references: Readonly<Record<string, ResourceName>> = {
  clientid: 'client',
  projectid: 'project',
  personid: 'person',
  managerid: 'person',
  assigneeid: 'person',
  ownerid: 'person',
  followerid: 'person',
  authorid: 'person',
  moduleid: 'module',
  worktypeid: 'worktype',
  milestoneid: 'milestone',
  taskid: 'task',
  queueid: 'request',
  statusid: 'taskstatus',
  priorityid: 'taskpriority',
  labelid: 'projectlabel',
  groupid: 'group',
  invoiceid: 'invoice',
  termid: 'invoiceterm',
  typeid: 'paymenttype',
  contacttypeid: 'contacttype',
  contactdescriptorid: 'contactdescriptor',
}
