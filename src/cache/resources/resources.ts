/**
 * What the cache knows about each Intervals resource, as one table: how long an answer serves, and
 * which other answers a write to it may change. It decides nothing; target, touch and policy do.
 */

import type { ResourceName } from './resource-name.js'

export interface Resource {
  /** How long an answer is fresh, milliseconds; 0 = never cached. */
  readonly ttlMs: number
  /** How long after that it may still be served while one refresh runs behind, milliseconds. */
  readonly staleMs: number
  /** Why this long and not longer, in one sentence a user can agree or disagree with. */
  readonly reason: string
  /** The other resources whose answers can change when this one is written. Itself is implied. */
  readonly invalidates: readonly ResourceName[]
  /**
   * Whose rows may vanish, or be rewritten, together with a deleted one: what they touch is touched
   * too. `account` = nobody knows how far it reaches, so everything of the account is.
   */
  readonly deleteInvalidates?: readonly ResourceName[] | 'account'
}

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

// Edits in the Intervals web interface bypass the proxy, so a TTL is the longest time for which such
// an edit stays unseen. Writes through the proxy are seen at once, whatever the TTL.
const SETUP = { ttlMs: HOUR, staleMs: 24 * HOUR }
const SLOW = { ttlMs: 10 * MINUTE, staleMs: HOUR }
const BUSY = { ttlMs: 30 * SECOND, staleMs: 5 * MINUTE }
const NEVER = { ttlMs: 0, staleMs: 0 }

/** What belongs to a project: it shows the project's and client's names, and to the team only. */
const PROJECT_CONTENT = [
  'document',
  'expense',
  'invoice',
  'invoiceitem',
  'invoicenote',
  'milestone',
  'milestonenote',
  'payment',
  'projectmodule',
  'projectnote',
  'projectworktype',
  'request',
  'task',
  'tasknote',
  'time',
  'timer',
] as const

/**
 * A changed role, or restriction, changes the rows, the fields and the refusals of everything that
 * depends on the role. Only the set-up lists are the same for all four roles.
 */
const OF_PERSON = [
  'client',
  'module',
  'personcontact',
  'project',
  'projectteam',
  'tasklistfilter',
  'worktype',
  ...PROJECT_CONTENT,
] as const

/** A time entry changes the sums of hours and money. */
const OF_TIME = [
  'invoice',
  'invoiceitem',
  'milestone',
  'project',
  'projectworktype',
  'task',
] as const

export const RESOURCES: Readonly<Record<ResourceName, Resource>> = {
  client: {
    ...SLOW,
    reason: 'Clients are added and renamed now and then, and a few minutes late is no harm.',
    invalidates: ['me', 'person', 'project', ...PROJECT_CONTENT],
    deleteInvalidates: 'account',
  },
  contactdescriptor: {
    ...SETUP,
    reason: 'A fixed list that Intervals ships; the API cannot change it.',
    invalidates: ['personcontact'],
  },
  contacttype: {
    ...SETUP,
    reason: 'A fixed list that Intervals ships; the API cannot change it.',
    invalidates: ['contactdescriptor', 'personcontact'],
  },
  document: {
    ...BUSY,
    reason: 'Files are added all day, and a person who adds a file looks for it at once.',
    invalidates: ['milestone', 'project', 'request', 'task'],
  },
  expense: {
    ...BUSY,
    reason: 'Entered all day, and read by people who check their own entry.',
    invalidates: ['invoice', 'invoiceitem'],
  },
  group: {
    ...SETUP,
    reason: 'The fixed list of roles.',
    invalidates: ['me', 'person'],
  },
  invoice: {
    ...BUSY,
    reason: 'Sums and balances are money: an old figure must not last.',
    invalidates: ['expense', 'invoiceitem', 'invoicenote', 'payment', 'time'],
    deleteInvalidates: ['invoiceitem', 'invoicenote', 'payment'],
  },
  invoiceitem: {
    ...BUSY,
    reason: 'Part of an invoice, so as short as the invoice.',
    invalidates: ['invoice'],
  },
  invoicenote: {
    ...BUSY,
    reason: 'Part of an invoice, so as short as the invoice.',
    invalidates: ['invoice'],
  },
  invoiceterm: {
    ...SETUP,
    reason: 'An account sets its terms up once.',
    invalidates: ['invoice'],
  },
  me: {
    ttlMs: 10 * SECOND,
    staleMs: 0,
    reason: 'Login count and last login change by themselves; seconds absorb a burst of start-ups.',
    // Documented as read-only; if Intervals accepts a write, it changes the person.
    invalidates: ['person', ...OF_PERSON],
  },
  milestone: {
    ttlMs: 5 * MINUTE,
    staleMs: 30 * MINUTE,
    reason: 'Planned weekly; its progress follows tasks and time, whose writes drop it anyway.',
    invalidates: ['document', 'milestonenote', 'task', 'time'],
    deleteInvalidates: ['milestonenote', 'task'],
  },
  milestonenote: {
    ...BUSY,
    reason: 'A conversation: people expect the last remark within seconds.',
    invalidates: ['document', 'milestone'],
  },
  module: {
    ...SETUP,
    reason: 'The default list of an account, edited a few times a year.',
    invalidates: ['projectmodule', 'task', 'time'],
    deleteInvalidates: ['projectmodule'],
  },
  payment: {
    ...BUSY,
    reason: 'It settles an invoice, so as short as the invoice.',
    invalidates: ['invoice'],
  },
  paymenttype: {
    ...SETUP,
    reason: 'An account sets its payment types up once.',
    invalidates: ['payment'],
  },
  person: {
    ...SLOW,
    reason: 'People join and leave on the scale of weeks.',
    invalidates: ['me', ...OF_PERSON],
    deleteInvalidates: 'account',
  },
  personcontact: {
    ...SLOW,
    reason: 'Telephone numbers and addresses change rarely.',
    invalidates: ['me', 'person'],
  },
  project: {
    ...SLOW,
    reason: 'Projects are opened and closed on the scale of days.',
    invalidates: ['client', 'person', 'projectteam', ...PROJECT_CONTENT],
    deleteInvalidates: 'account',
  },
  projectlabel: {
    ...SETUP,
    reason: 'An account sets its labels up once.',
    invalidates: ['project', 'request', 'task', 'tasklistfilter'],
  },
  projectmodule: {
    ...SLOW,
    reason: 'Chosen when a project starts, seldom after.',
    invalidates: ['document', 'module', 'task', 'time'],
  },
  projectnote: {
    ...BUSY,
    reason: 'A conversation: people expect the last remark within seconds.',
    invalidates: ['document'],
  },
  // Who is in the team decides which rows everybody else's token may see.
  projectteam: {
    ...SLOW,
    reason: 'Teams change when a project starts, seldom after.',
    invalidates: ['client', 'person', 'project', ...PROJECT_CONTENT],
  },
  projectworktype: {
    ...SLOW,
    reason: 'Rates are agreed when a project starts; its total follows time, whose writes drop it.',
    invalidates: ['invoice', 'invoiceitem', 'time', 'worktype'],
  },
  quota: {
    ...NEVER,
    reason: 'It counts requests, this one among them.',
    invalidates: [],
  },
  request: {
    ...BUSY,
    reason: 'A queue that people watch.',
    invalidates: ['document', 'task'],
  },
  // The hours of a task go with it when it moves to another project: hence projectworktype.
  task: {
    ...BUSY,
    reason: 'The busiest list of all, and edited in the web interface too.',
    invalidates: [
      'document',
      'milestone',
      'milestonenote',
      'projectworktype',
      'request',
      'tasklistfilter',
      'tasknote',
      'time',
      'timer',
    ],
    deleteInvalidates: ['tasknote', 'time', 'timer'],
  },
  tasklistfilter: {
    ...SETUP,
    reason: 'Saved searches: made once, used for months.',
    invalidates: ['task'],
  },
  tasknote: {
    ...BUSY,
    reason: 'A conversation: people expect the last remark within seconds.',
    invalidates: ['document', 'task'],
  },
  taskpriority: {
    ...SETUP,
    reason: 'An account sets its priorities up once.',
    invalidates: ['project', 'request', 'task', 'tasklistfilter'],
  },
  taskstatus: {
    ...SETUP,
    reason: 'An account sets its statuses up once.',
    invalidates: ['project', 'request', 'task', 'tasklistfilter'],
  },
  // Hours are summed into tasks, milestones, work types, invoices and the budget alert of a project.
  time: {
    ...BUSY,
    reason: 'Entered all day, and read by people who check their own entry.',
    invalidates: OF_TIME,
  },
  timer: {
    ...NEVER,
    reason: 'A running timer changes every second.',
    // Whether stopping a timer logs its time is not documented.
    invalidates: ['time', ...OF_TIME],
  },
  worktype: {
    ...SETUP,
    reason: 'The default list of an account, edited a few times a year.',
    invalidates: ['invoiceitem', 'projectworktype', 'time'],
    deleteInvalidates: ['projectworktype'],
  },
}
