/** `{"stop": true}` on a timer, as one public client sends it; the documentation does not mention it. */
import { ApiError } from '../api-error.js'
import { stampOf, todayOf, type CallContext } from '../rows/call-context.js'
import type { Fields, Row } from '../rows/store.js'
import { readFlag } from '../table/field-types.js'
import { money, timerTotal } from '../table/sums.js'

export interface StopRequest {
  /** The body without `stop`. */
  readonly body: Fields
  readonly stops: boolean
}

/** Throws ApiError 17 unless the variant `timerStop` allows the member, and 18 for a wrong value. */
export function readStop(body: Fields, { settings }: CallContext): StopRequest {
  const { stop, ...rest } = body
  if (stop === undefined) return { body, stops: false }
  if (settings.timerStop === 'refused') throw new ApiError(17, 'stop')
  const flag = readFlag(stop ?? '', settings)
  if (flag === undefined) throw new ApiError(18, 'stop is not valid')
  return { body: rest, stops: flag === 't' }
}

/** Stops the timer; with `logs-time`, a task timer becomes a time entry of today. */
export function stopTimer(timer: Row, call: CallContext): void {
  const { store, settings } = call
  const seconds = timerTotal(timer, call)
  const task = store.get('task', timer['taskid'] ?? '')
  store.update('timer', timer, { starttime: null, time: seconds, lastupdate: stampOf(call) })
  if (settings.timerStop !== 'logs-time' || task === undefined) return
  const projectid = task['projectid'] ?? ''
  store.insert('time', {
    projectid,
    moduleid: task['moduleid'] ?? null,
    taskid: task.id,
    worktypeid: store.where('projectworktype', 'projectid', projectid)[0]?.['worktypeid'] ?? null,
    personid: timer['personid'] ?? null,
    date: todayOf(call),
    datemodified: stampOf(call),
    time: money(Math.max(0.01, Number(seconds) / 3600)),
    description: '',
    billable: 't',
    approved: 'f',
  })
}
