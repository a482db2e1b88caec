/** Every resource of the Intervals API, by its name in the path. */
export const resourceNames = [
  'client',
  'contactdescriptor',
  'contacttype',
  'document',
  'expense',
  'group',
  'invoice',
  'invoiceitem',
  'invoicenote',
  'invoiceterm',
  'me',
  'milestone',
  'milestonenote',
  'module',
  'payment',
  'paymenttype',
  'person',
  'personcontact',
  'project',
  'projectlabel',
  'projectmodule',
  'projectnote',
  'projectteam',
  'projectworktype',
  'quota',
  'request',
  'task',
  'tasklistfilter',
  'tasknote',
  'taskpriority',
  'taskstatus',
  'time',
  'timer',
  'worktype',
] as const

export type ResourceName = (typeof resourceNames)[number]

const known: ReadonlySet<string> = new Set(resourceNames)

export function isResourceName(name: string): name is ResourceName {
  return known.has(name)
}
