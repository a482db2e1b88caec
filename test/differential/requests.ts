/** Requests on the small account of the simulator, chosen so that writes change what reads show. */
export interface Write {
  readonly method: 'POST' | 'PUT' | 'DELETE'
  readonly target: string
  readonly body?: Readonly<Record<string, unknown>>
}

/** Ids of seeded rows that belong together: these tasks are in these projects, and so on. */
const ids = {
  clients: ['100001', '100003'],
  projects: ['280002', '280010', '280006'],
  tasks: ['360001', '360002', '360005', '360009'],
  people: ['260001', '260002', '260003', '260004'],
  milestones: ['210001', '210018'],
  invoices: ['160001', '160009'],
  time: ['410175', '410122', '410042', '410196'],
} as const

const listsOf = (resource: string, filter: string, values: readonly string[]): string[] =>
  values.map((value) => `/${resource}/?${filter}=${value}&limit=100`)
const membersOf = (resource: string, values: readonly string[]): string[] =>
  values.map((id) => `/${resource}/${id}/`)

/** Reads that a program sends together, a page of a dashboard for example. */
export const pages: readonly (readonly string[])[] = [
  [...listsOf('task', 'projectid', ids.projects), ...membersOf('task', ids.tasks)],
  [
    ...ids.projects.map((id) => `/task/?projectid=${id}`),
    '/task/?limit=5',
    '/task/?limit=5&offset=5',
  ],
  ['/task/?limit=100', ...membersOf('task', ids.tasks)],
  [...listsOf('time', 'projectid', ids.projects), ...membersOf('time', ids.time)],
  [...listsOf('time', 'taskid', ids.tasks), ...membersOf('task', ids.tasks)],
  ['/client/?limit=100', ...membersOf('client', ids.clients)],
  [...listsOf('project', 'clientid', ids.clients), ...membersOf('project', ids.projects)],
  ['/person/?limit=100', '/me/', ...membersOf('person', ids.people)],
  [...listsOf('milestone', 'projectid', ids.projects), ...membersOf('milestone', ids.milestones)],
  ['/invoice/?limit=100', ...membersOf('invoice', ids.invoices)],
  [...listsOf('projectworktype', 'projectid', ids.projects), '/worktype/'],
  [...listsOf('projectmodule', 'projectid', ids.projects), '/module/'],
]

export const reads: readonly string[] = [
  ...pages.flat(),
  '/task/?excludeclosed=t',
  '/task/?sortfield=datemodified&sortdir=desc',
  '/task/?search=New',
  '/task?limit=100',
  '/client/',
  '/client/?active=t',
  '/project/',
  ...listsOf('task', 'assigneeid', ids.people.slice(0, 2)),
  ...listsOf('milestonenote', 'milestoneid', ids.milestones),
  ...listsOf('tasknote', 'taskid', ids.tasks),
  ...listsOf('invoiceitem', 'invoiceid', ids.invoices),
  ...listsOf('payment', 'invoiceid', ids.invoices),
  ...ids.projects.map((id) => `/projectteam/?projectid=${id}`),
  '/taskstatus/',
  '/group/',
  '/projectlabel/',
  '/tasklistfilter/',
  '/expense/?limit=100',
  '/request/?limit=100',
  '/document/?limit=100',
  '/projectnote/',
  '/person/?search=new',
  ...ids.people.slice(0, 2).map((id) => `/personcontact/?personid=${id}`),
]

const put = (target: string, body: Write['body'] & object): Write => {
  return { method: 'PUT', target, body }
}
const post = (target: string, body: Write['body'] & object): Write => {
  return { method: 'POST', target, body }
}
const remove = (target: string): Write => ({ method: 'DELETE', target })

const taskWrites = ids.tasks.flatMap((id) => [
  put(`/task/${id}/`, { title: 'New title, longer than twelve letters', summary: 'New' }),
  put(`/task/${id}/`, { summary: '' }),
  put(`/task/${id}/`, { title: 'New title, longer than before' }),
  put(`/task/${id}/`, { projectid: '280006' }),
  put(`/task/${id}/`, { projectid: '280002' }),
  put(`/task/${id}/`, { estimate: '7', milestoneid: '210001' }),
  put(`/task/${id}/`, { assigneeid: '260001,260002' }),
  put(`/task/${id}/`, { milestoneid: '' }),
])
const timeWrites = ids.time.flatMap((id) => [
  put(`/time/${id}/`, { time: '3.5' }),
  put(`/time/${id}/`, { time: '1' }),
  put(`/time/${id}/`, { description: 'New description' }),
  put(`/time/${id}/`, { billable: 'f' }),
])
const newTime = {
  billable: 't',
  date: '2026-06-30',
  personid: '260001',
  time: 1,
  worktypeid: '430001',
}
const newTask = {
  dateopen: '2026-06-30',
  moduleid: '230001',
  ownerid: '260001',
  priorityid: '390003',
  statusid: '400002',
  title: 'New task',
}

/** Writes that invalidate few resources. */
export const narrowWrites: readonly Write[] = [...taskWrites, ...timeWrites]

/** Writes that change what a client sees, or which fields: roles and teams. */
export const roleWrites: readonly Write[] = [
  put('/person/260003/', { groupid: '2' }),
  put('/person/260003/', { groupid: '4' }),
  put('/person/260004/', { groupid: '3' }),
  put('/person/260004/', { groupid: '5' }),
  put('/projectteam/280006/', { personid: '260003' }),
  put('/projectteam/280002/', { personid: '260004', securenotes: 't' }),
  { method: 'DELETE', target: '/projectteam/280006/', body: { personid: '260003' } },
  remove('/projectteam?projectid=280002&personid=260004'),
]

export const writes: readonly Write[] = [
  ...ids.tasks.slice(0, 3).map((taskid) => post('/time/', { ...newTime, taskid })),
  ...ids.projects.map((projectid) => post('/task/', { ...newTask, projectid })),
  ...ids.tasks.slice(0, 3).map((taskid) => {
    return post('/tasknote/', { taskid, note: 'New note', public: 't' })
  }),
  put('/client/100001/', { name: 'New name of the client', description: 'New' }),
  put('/client/100001/', { description: '' }),
  put('/client/100001/', { active: 'f' }),
  put('/client/100003/', { name: 'Another name', active: 't' }),
  put('/project/280006/', { name: 'New project', description: 'Long text of a project' }),
  put('/project/280006/', { clientid: '100003' }),
  put('/project/280002/', { active: 'f' }),
  put('/project/280002/', { clientid: '100001', managerid: '260002' }),
  put('/milestone/210001/', { title: 'New milestone', description: '' }),
  put('/milestone/210018/', { complete: 't', ownerid: '260002' }),
  put('/person/260002/', { firstname: 'New', title: 'New title' }),
  put('/person/260001/', { lastname: 'New' }),
  put('/me/', { firstname: 'Renamed' }),
  put('/projectworktype/330006/', { hourlyrate: '99' }),
  put('/projectmodule/300007/', { active: 'f' }),
  put('/invoice/160001/', { title: 'New invoice', purchaseorder: '' }),
  post('/invoiceitem/', { invoiceid: '160001', name: 'New item', amount: '10' }),
  put('/invoiceitem/170001/', { amount: '77' }),
  post('/payment/', {
    invoiceid: '160009',
    amount: '5',
    date: '2026-06-30',
    projectid: '280002',
    typeid: '1',
  }),
  post('/milestonenote/', { milestoneid: '210001', note: 'New', public: 'f' }),
  put('/projectlabel/290001/', { name: 'New label', color: '000000' }),
  put('/worktype/430001/', { name: 'New work type' }),
  put('/module/230001/', { name: 'New module' }),
  put('/tasklistfilter/370001/', { title: 'New filter' }),
  put('/document/130001/', { title: 'New document' }),
  post('/timer/', { personid: '260001', taskid: '360001', time: '1800' }),
  put('/timer/420001/', { stop: true }),
  put('/timer/420002/', { stop: true }),
  put('/personcontact/270001/', { value: 'new@example.com' }),
  remove('/task/360005/'),
  remove('/time/410196/'),
  remove('/milestone/210018/'),
  remove('/project/280010/'),
  remove('/client/100003/'),
  // Refused: an unknown member, an unknown row.
  put('/task/360001/', { unknown: 'x' }),
  put('/task/1/', { title: 'x' }),
]

/** Edits in the web interface: nothing tells the proxy. */
export const webEdits = [
  { resource: 'task', id: '360001', fields: { title: 'Edited in the web interface' } },
  { resource: 'client', id: '100001', fields: { name: 'Edited client' } },
  { resource: 'project', id: '280006', fields: { name: 'Edited project' } },
  { resource: 'time', id: '410175', fields: { time: '9.00' } },
] as const
