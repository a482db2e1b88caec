/** Numbers that Intervals computes from other rows, as strings with two decimals. */
import { addDays, todayOf, type CallContext } from '../rows/call-context.js'
import { csvOf, type Row } from '../rows/store.js'

export function money(value: number): string {
  return (Math.round((value + Number.EPSILON) * 100) / 100).toFixed(2)
}

function sum(rows: readonly Row[], field: string): number {
  let total = 0
  for (const row of rows) total += Number(row[field] ?? 0)
  return total
}

/** Hours of a task: billable, not billable, or both. */
export function taskHours(row: Row, call: CallContext, billable?: 't' | 'f'): string {
  const entries = call.store.where('time', 'taskid', row.id)
  const counted =
    billable === undefined ? entries : entries.filter((e) => e['billable'] === billable)
  return money(sum(counted, 'time'))
}

function milestoneTasks(row: Row, call: CallContext): readonly Row[] {
  return call.store.where('task', 'milestoneid', row.id)
}

export function milestoneEstimate(row: Row, call: CallContext): string {
  return money(sum(milestoneTasks(row, call), 'estimate'))
}

export function milestoneActual(row: Row, call: CallContext): string {
  let hours = 0
  for (const task of milestoneTasks(row, call)) hours += Number(taskHours(task, call))
  return money(hours)
}

/** Closed tasks, per cent; how Intervals weighs tasks is not documented. */
export function milestoneProgress(row: Row, call: CallContext): string {
  const tasks = milestoneTasks(row, call)
  if (tasks.length === 0) return row['complete'] === 't' ? '100' : '0'
  const closed = tasks.filter((task) => task['dateclosed'] !== null).length
  return String(Math.round((100 * closed) / tasks.length))
}

/** Hours times rate of a project's entries of this work type. */
export function worktypeTotal(row: Row, call: CallContext): string {
  const entries = call.store.where('time', 'projectid', row['projectid'] ?? '')
  const own = entries.filter((entry) => entry['worktypeid'] === row['worktypeid'])
  return money(sum(own, 'time') * Number(row['hourlyrate'] ?? 0))
}

export function invoiceSubtotal(row: Row, call: CallContext): string {
  return money(sum(call.store.where('invoiceitem', 'invoiceid', row.id), 'amount'))
}

/** Both taxes are per cent; a compound second tax applies to the first tax, too. */
export function invoiceTotal(row: Row, call: CallContext): string {
  const subtotal = Number(invoiceSubtotal(row, call))
  const tax = (subtotal * Number(row['tax'] ?? 0)) / 100
  const base = row['secondtaxcompound'] === 't' ? subtotal + tax : subtotal
  return money(subtotal + tax + (base * Number(row['secondtax'] ?? 0)) / 100)
}

export function invoicePayments(row: Row, call: CallContext): string {
  return money(sum(call.store.where('payment', 'invoiceid', row.id), 'amount'))
}

export function invoiceBalance(row: Row, call: CallContext): string {
  return money(Number(invoiceTotal(row, call)) - Number(invoicePayments(row, call)))
}

/** The day of the last payment of a paid invoice. */
export function invoiceDatePaid(row: Row, call: CallContext): string | null {
  if (Number(invoiceBalance(row, call)) > 0) return null
  const dates = call.store.where('payment', 'invoiceid', row.id).map((p) => p['date'] ?? '')
  return dates.toSorted().at(-1) ?? null
}

export function invoiceDateDue(row: Row, call: CallContext): string | null {
  if (row['termid'] === '6') return row['termotherdatedue'] ?? null
  const term = call.store.get('invoiceterm', row['termid'] ?? '')
  return addDays(row['date'] ?? '1970-01-01', Number(term?.['duration'] ?? 0))
}

/** Grows at midnight without a write; 0 before the due date and after payment. */
export function invoiceDaysOverdue(row: Row, call: CallContext): string {
  const due = invoiceDateDue(row, call)
  if (due === null || Number(invoiceBalance(row, call)) <= 0) return '0'
  const days = (Date.parse(todayOf(call)) - Date.parse(due)) / 86_400_000
  return String(Math.max(0, Math.round(days)))
}

/** Seconds since a running timer was started. */
export function timerLapsed(row: Row, call: CallContext): string {
  const started = row['starttime']
  if (started === null || started === undefined || started === '') return '0'
  const startedMs = Date.parse(`${started.replace(' ', 'T')}Z`)
  return String(Math.max(0, Math.floor((call.nowWallMs - startedMs) / 1000)))
}

export function timerTotal(row: Row, call: CallContext): string {
  return String(Number(row['time'] ?? 0) + Number(timerLapsed(row, call)))
}

/** Whether one of these people is assigned to the task, owns or follows it. */
export function hasTaskRelation(task: Row, personids: readonly string[]): boolean {
  return ['assigneeid', 'ownerid', 'followerid'].some((field) =>
    csvOf(task[field]).some((personid) => personids.includes(personid)),
  )
}
