/**
 * Resources that rarely change: statuses, priorities, types, groups.
 * Sources: www.myintervals.com/api/resource.php?r=..., swaggerhub MyIntervals/intervals/1
 */
import { flag, id, readOnly, type Resource } from './resource.js'

const listOf = (
  name: Resource['name'],
  fields: readonly string[],
  rest: Partial<Resource> = {},
): Resource => ({
  name,
  verbs: readOnly,
  filters: {},
  sort: {},
  settable: {},
  required: [],
  fields,
  derived: {},
  ...rest,
})

export const fixedLists = {
  contacttype: listOf('contacttype', ['id', 'name'], { collectionOnly: true, paged: false }),
  contactdescriptor: listOf('contactdescriptor', ['id', 'contacttypeid', 'name'], {
    collectionOnly: true,
    paged: false,
    filters: { contacttypeid: id('contacttypeid') },
    requiredFilters: ['contacttypeid'],
  }),
  group: listOf('group', ['id', 'name'], { paged: false }),
  invoiceterm: listOf('invoiceterm', ['id', 'name', 'duration', 'priority'], { paged: false }),
  paymenttype: listOf('paymenttype', ['id', 'name'], { paged: false }),
  module: listOf('module', ['id', 'name', 'description', 'active'], {
    verbs: { GET: 'A' },
    filters: { active: flag('active') },
    settable: { name: 'str', description: 'str', active: 'bool' },
    required: ['name'],
  }),
  worktype: listOf('worktype', ['id', 'name', 'defaulthourlyrate', 'active'], {
    verbs: { GET: 'A' },
    filters: { active: flag('active') },
    settable: { name: 'str', defaulthourlyrate: 'decimal', active: 'bool' },
    required: ['name'],
  }),
  projectlabel: listOf('projectlabel', ['id', 'name', 'color', 'priority', 'active'], {
    filters: { active: flag('active') },
    settable: { name: 'str', color: 'str', priority: 'int', active: 'bool' },
    required: ['name'],
  }),
  taskpriority: listOf('taskpriority', ['id', 'name', 'color', 'priority', 'isdefault', 'active'], {
    filters: { active: flag('active') },
  }),
  taskstatus: listOf('taskstatus', ['id', 'name', 'priority', 'frozen', 'active'], {
    filters: { active: flag('active') },
  }),
} as const
