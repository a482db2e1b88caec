/** Pauses, refusals, warnings and purges, newest first. */

import { byId, el } from './dom.js'
import { clock, monthDay } from '../../report/human-format.js'
import type { LoggedEvent } from './frame.js'
import type { Model } from './model.js'
import { LEVEL_MARKS } from './way-meanings.js'

const MAX_SHOWN = 40

let shown = ''

export function showEvents({ events, nowMs }: Model): void {
  const newest = events.slice(0, MAX_SHOWN)
  const key = JSON.stringify(newest)
  if (key === shown) return
  shown = key
  byId('events-empty').hidden = newest.length > 0
  byId('events').replaceChildren(...newest.map((event) => itemOf(event, nowMs)))
}

function itemOf({ at, level, title, detail }: LoggedEvent, nowMs: number): HTMLElement {
  const isToday = monthDay(at) === monthDay(nowMs)
  const time = isToday ? clock(at) : `${monthDay(at)} ${clock(at)}`
  return el(
    'li',
    { 'data-level': level },
    el('span', { class: 'mark', 'aria-hidden': 'true' }, LEVEL_MARKS[level]),
    el('strong', {}, title),
    el('time', { datetime: new Date(at).toISOString() }, time),
    detail === '' ? undefined : el('p', {}, detail),
  )
}
