/** Numbers that Intervals works out from other rows. Two decimals, as texts. */
import { addDays, todayOf, type Scene } from './scene.js'
import { csvOf, type Row } from './store.js'

export function money(value: number): string {
  return (Math.round((value + Number.EPSILON) * 100) / 100).toFixed(2)
}

function sum(rows: readonly Row[], field: string): number {
  let total = 0
  for (const row of rows) total += Number(row[field] ?? 0)
  return total
}

/** Hours of a task: billable, not billable, or both. */
export function taskHours(row: Row, scene: Scene, billable?: 't' | 'f'): string {
  const entries = scene.store.where('time', 'taskid', row.id)
  const counted =
    billable === undefined ? entries : entries.filter((e) => e['billable'] === billable)
  return money(sum(counted, 'time'))
}

function milestoneTasks(row: Row, scene: Scene): readonly Row[] {
  return scene.store.where('task', 'milestoneid', row.id)
}

export function milestoneEstimate(row: Row, scene: Scene): string {
  return money(sum(milestoneTasks(row, scene), 'estimate'))
}

export function milestoneActual(row: Row, scene: Scene): string {
  let hours = 0
  for (const task of milestoneTasks(row, scene)) hours += Number(taskHours(task, scene))
  return money(hours)
}

/** Share of closed tasks, per cent; how Intervals really weighs them is not documented. */
export function milestoneProgress(row: Row, scene: Scene): string {
  const tasks = milestoneTasks(row, scene)
  if (tasks.length === 0) return row['complete'] === 't' ? '100' : '0'
  const closed = tasks.filter((task) => task['dateclosed'] !== null).length
  return String(Math.round((100 * closed) / tasks.length))
}

/** Hours times rate of a project's entries of this work type. */
export function worktypeTotal(row: Row, scene: Scene): string {
  const entries = scene.store.where('time', 'projectid', row['projectid'] ?? '')
  const own = entries.filter((entry) => entry['worktypeid'] === row['worktypeid'])
  return money(sum(own, 'time') * Number(row['hourlyrate'] ?? 0))
}

export function invoiceSubtotal(row: Row, scene: Scene): string {
  return money(sum(scene.store.where('invoiceitem', 'invoiceid', row.id), 'amount'))
}

/** Both taxes are per cent; a compound second one is charged on the first one, too. */
export function invoiceTotal(row: Row, scene: Scene): string {
  const subtotal = Number(invoiceSubtotal(row, scene))
  const tax = (subtotal * Number(row['tax'] ?? 0)) / 100
  const base = row['secondtaxcompound'] === 't' ? subtotal + tax : subtotal
  return money(subtotal + tax + (base * Number(row['secondtax'] ?? 0)) / 100)
}

export function invoicePayments(row: Row, scene: Scene): string {
  return money(sum(scene.store.where('payment', 'invoiceid', row.id), 'amount'))
}

export function invoiceBalance(row: Row, scene: Scene): string {
  return money(Number(invoiceTotal(row, scene)) - Number(invoicePayments(row, scene)))
}

/** The day of the last payment, once nothing is left to pay. */
export function invoiceDatePaid(row: Row, scene: Scene): string | null {
  if (Number(invoiceBalance(row, scene)) > 0) return null
  const dates = scene.store.where('payment', 'invoiceid', row.id).map((p) => p['date'] ?? '')
  return dates.toSorted().at(-1) ?? null
}

export function invoiceDateDue(row: Row, scene: Scene): string | null {
  if (row['termid'] === '6') return row['termotherdatedue'] ?? null
  const term = scene.store.get('invoiceterm', row['termid'] ?? '')
  return addDays(row['date'] ?? '1970-01-01', Number(term?.['duration'] ?? 0))
}

/** Grows by itself at midnight; 0 while it is not due or is paid. */
export function invoiceDaysOverdue(row: Row, scene: Scene): string {
  const due = invoiceDateDue(row, scene)
  if (due === null || Number(invoiceBalance(row, scene)) <= 0) return '0'
  const days = (Date.parse(todayOf(scene)) - Date.parse(due)) / 86_400_000
  return String(Math.max(0, Math.round(days)))
}

/** Seconds a running timer has gathered since it was started. */
export function timerLapsed(row: Row, scene: Scene): string {
  const started = row['starttime']
  if (started === null || started === undefined || started === '') return '0'
  const startedMs = Date.parse(`${started.replace(' ', 'T')}Z`)
  return String(Math.max(0, Math.floor((scene.nowWallMs - startedMs) / 1000)))
}

export function timerTotal(row: Row, scene: Scene): string {
  return String(Number(row['time'] ?? 0) + Number(timerLapsed(row, scene)))
}

/** Is the person assigned to the task, its owner or a follower? */
export function hasTaskRelation(task: Row, personids: readonly string[]): boolean {
  return ['assigneeid', 'ownerid', 'followerid'].some((field) =>
    csvOf(task[field]).some((personid) => personids.includes(personid)),
  )
}
