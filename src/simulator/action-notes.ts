/**
 * The notes that Intervals writes by itself when a task or a milestone changes, unless the request
 * has `X-Intervals-Disable-Action-Notes: t`. Source: www.myintervals.com/api/advanced.php
 */
import { stampOf, type Scene } from './scene.js'
import type { Row } from './store.js'

export interface WriteEffect {
  readonly scene: Scene
  /** Whether the automatic notes are wanted. */
  readonly actionNotes: boolean
}

/** The automatic note of a task, and one of its milestone. */
export function noteTask(task: Row, note: string, effect: WriteEffect): void {
  if (!effect.actionNotes) return
  const date = stampOf(effect.scene)
  const authorid = effect.scene.caller.id
  const fields = { taskid: task.id, authorid, date, datemodified: date, note, public: 'f' }
  effect.scene.store.insert('tasknote', fields)
  const milestoneid = task['milestoneid'] ?? null
  if (milestoneid !== null)
    noteMilestone(milestoneid, `Task ${task['title'] ?? ''}: ${note}`, effect)
}

export function noteMilestone(milestoneid: string, note: string, effect: WriteEffect): void {
  if (!effect.actionNotes) return
  const { scene } = effect
  const fields = { milestoneid, authorid: scene.caller.id, date: stampOf(scene), note, public: 'f' }
  scene.store.insert('milestonenote', fields)
}
