/** Expenses, invoices and payments. Source: swaggerhub MyIntervals/intervals/1 */
import * as sums from './sums.js'
import { listed, from, id, ids, on, paddedLocalid, rule, sortable, text, to } from './resource.js'
import type { Resource } from './resource.js'

const bookkeeping = { GET: 'AME', POST: 'AM', PUT: 'AM', DELETE: 'A' } as const

export const expense: Resource = {
  name: 'expense',
  verbs: bookkeeping,
  filters: {
    projectid: ids('projectid'),
    personid: ids('personid'),
    clientid: ids('clientid'),
    managerid: ids('managerid'),
    datebegin: from('date'),
    dateend: to('date'),
    date: on('date'),
  },
  sort: {
    ...sortable('id', 'projectid', 'date', 'expense', 'fee', 'note', 'personid', 'project'),
    ...sortable('client', 'person'),
  },
  settable: {
    projectid: 'int',
    personid: 'int',
    date: 'date',
    expense: 'decimal',
    fee: 'decimal',
    note: 'str',
  },
  required: ['date', 'expense', 'fee', 'projectid'],
  fields: listed('id projectid project clientid client personid person date', 'expense fee note'),
  fieldRoles: { expense: 'AM' },
  derived: {
    project: 'projectid.name',
    clientid: 'projectid.clientid',
    client: 'projectid.client',
    managerid: 'projectid.managerid',
    person: 'personid.name',
  },
}

export const invoice: Resource = {
  name: 'invoice',
  verbs: { GET: 'AME', POST: 'AM', PUT: 'AM', DELETE: 'AM' },
  filters: {
    localid: ids('localidunpadded'),
    clientid: ids('clientid'),
    projectid: ids('projectid'),
    datebegin: from('date'),
    dateend: to('date'),
    status: rule('text', (value, call) => (row) => {
      const isPaid = Number(sums.invoiceBalance(row, call)) <= 0
      return value === (isPaid ? 'paid' : 'outstanding')
    }),
    search: text('title', 'description', 'localid', 'purchaseorder', 'addressfrom', 'addressto'),
  },
  sort: {
    ...sortable('id', 'projectid', 'date', 'title', 'description', 'localid', 'purchaseorder'),
    ...sortable('project', 'client', 'datepaid', 'subtotal', 'total', 'payments', 'balance'),
    ...sortable('datedue', 'daysoverdue'),
  },
  settable: {
    projectid: 'int',
    date: 'date',
    termid: 'int',
    termother: 'str',
    termotherdatedue: 'date',
    title: 'str',
    description: 'html',
    addressfrom: 'str',
    addressto: 'str',
    purchaseorder: 'str',
    tax: 'decimal',
    secondtax: 'decimal',
    secondtaxcompound: 'bool',
    disclaimer: 'str',
    datebegin: 'date',
    dateend: 'date',
  },
  required: ['date', 'projectid', 'termid', 'title'],
  fields: listed(
    'id localid projectid project clientid client date title',
    'description purchaseorder termid term datedue subtotal total',
    'payments balance datepaid daysoverdue',
  ),
  derived: {
    localid: paddedLocalid,
    project: 'projectid.name',
    clientid: 'projectid.clientid',
    client: 'projectid.client',
    term: 'termid.name',
    datedue: sums.invoiceDateDue,
    subtotal: sums.invoiceSubtotal,
    total: sums.invoiceTotal,
    payments: sums.invoicePayments,
    balance: sums.invoiceBalance,
    datepaid: sums.invoiceDatePaid,
    daysoverdue: sums.invoiceDaysOverdue,
  },
}

export const invoiceitem: Resource = {
  name: 'invoiceitem',
  verbs: { GET: 'AME', POST: 'AM', PUT: 'AM', DELETE: 'AM' },
  filters: { invoiceid: id('invoiceid') },
  requiredFilters: ['invoiceid'],
  sort: sortable('id', 'invoiceid', 'name', 'description', 'quantity', 'rate', 'amount'),
  settable: {
    invoiceid: 'int',
    name: 'str',
    description: 'str',
    quantity: 'decimal',
    rate: 'decimal',
    amount: 'decimal',
  },
  required: ['amount', 'invoiceid', 'name'],
  fields: ['id', 'invoiceid', 'name', 'description', 'quantity', 'rate', 'amount'],
  derived: { projectid: 'invoiceid.projectid' },
}

export const invoicenote: Resource = {
  name: 'invoicenote',
  verbs: { GET: 'AM', POST: 'AM', PUT: 'A', DELETE: 'A' },
  filters: { invoiceid: id('invoiceid'), authorid: id('authorid') },
  requiredFilters: ['invoiceid'],
  sort: {},
  settable: { invoiceid: 'int', title: 'str', note: 'html', date: 'date' },
  required: ['invoiceid', 'title'],
  fields: ['id', 'invoiceid', 'authorid', 'author', 'title', 'note', 'date', 'actions'],
  derived: { author: 'authorid.name', projectid: 'invoiceid.projectid' },
}

export const payment: Resource = {
  name: 'payment',
  verbs: bookkeeping,
  filters: {
    clientid: id('clientid'),
    projectid: id('projectid'),
    personid: ids('personid'),
    date: on('date'),
    typeid: id('typeid'),
    invoiceid: id('invoiceid'),
  },
  sort: {
    ...sortable('id', 'projectid', 'date', 'amount', 'typeid', 'reference', 'note', 'invoiceid'),
    ...sortable('type', 'project', 'client'),
  },
  settable: {
    projectid: 'int',
    date: 'date',
    amount: 'decimal',
    typeid: 'int',
    reference: 'str',
    note: 'str',
    invoiceid: 'int',
  },
  required: ['amount', 'date', 'projectid', 'typeid'],
  fields: listed(
    'id projectid project clientid client personid date amount',
    'typeid type reference note invoiceid',
  ),
  derived: {
    project: 'projectid.name',
    clientid: 'projectid.clientid',
    client: 'projectid.client',
    type: 'typeid.name',
  },
}
