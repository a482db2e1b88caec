/** The data table of the simulator: every resource with all that its documentation says. */
import { document, quota, request, tasklistfilter } from './files-and-requests.js'
import { fixedLists } from './fixed-lists.js'
import { milestonenote, tasknote, time, timer } from './hours.js'
import { expense, invoice, invoiceitem, invoicenote, payment } from './money.js'
import { client, me, person, personcontact } from './people.js'
import { project, projectmodule, projectnote, projectteam, projectworktype } from './projects.js'
import type { ResourceName } from '../rows/resource-names.js'
import type { Resource } from './resource.js'
import { milestone, task } from './work.js'

export const table: Readonly<Record<ResourceName, Resource>> = {
  ...fixedLists,
  client,
  document,
  expense,
  invoice,
  invoiceitem,
  invoicenote,
  me,
  milestone,
  milestonenote,
  payment,
  person,
  personcontact,
  project,
  projectmodule,
  projectnote,
  projectteam,
  projectworktype,
  quota,
  request,
  task,
  tasklistfilter,
  tasknote,
  time,
  timer,
}
