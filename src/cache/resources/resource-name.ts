/** The names of the Intervals resources that the cache knows. Anything else goes past it. */

/** Every resource of the Intervals API that the cache knows, in the API's own (lower-case) spelling. */
export const RESOURCE_NAMES = [
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

export type ResourceName = (typeof RESOURCE_NAMES)[number]

const KNOWN: ReadonlySet<string> = new Set(RESOURCE_NAMES)

/** Whether it is one of them, in exactly this spelling: the API's paths are taken to mind their case. */
export function isResourceName(name: string): name is ResourceName {
  return KNOWN.has(name)
}
