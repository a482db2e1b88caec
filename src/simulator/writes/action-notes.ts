/**
 * The automatic notes that Intervals adds when a task or a milestone changes, unless the request has
 * `X-Intervals-Disable-Action-Notes: t`. Source: www.myintervals.com/api/advanced.php
 */
import { stampOf, type CallContext } from '../rows/call-context.js'
import type { Row } from '../rows/store.js'

export interface WriteEffect {
  readonly call: CallContext
  /** False with `X-Intervals-Disable-Action-Notes: t`. */
  readonly actionNotes: boolean
}

/** The automatic note of a task, and one of its milestone. */
export function noteTask(task: Row, note: string, effect: WriteEffect): void {
  if (!effect.actionNotes) return
  const date = stampOf(effect.call)
  const authorid = effect.call.caller.id
  const fields = { taskid: task.id, authorid, date, datemodified: date, note, public: 'f' }
  effect.call.store.insert('tasknote', fields)
  const milestoneid = task['milestoneid'] ?? null
  if (milestoneid !== null)
    noteMilestone(milestoneid, `Task ${task['title'] ?? ''}: ${note}`, effect)
}

export function noteMilestone(milestoneid: string, note: string, effect: WriteEffect): void {
  if (!effect.actionNotes) return
  const { call } = effect
  const fields = { milestoneid, authorid: call.caller.id, date: stampOf(call), note, public: 'f' }
  call.store.insert('milestonenote', fields)
}
