/** The verdict on the page, and for a screen reader when it turns. */

import { byId, setText } from './dom.js'
import type { Status } from '../../report/status-report.js'
import { SIGNS, verdictOf } from '../../report/verdict.js'

let lastSaid = ''

export function showVerdict(status: Status, nowMs: number): void {
  const { level, title, detail } = verdictOf(status, nowMs)
  const box = byId('verdict')
  box.dataset['level'] = level
  const [sign, text] = box.children
  if (sign !== undefined) setText(sign, SIGNS[level])
  setText(byId('verdict-title'), title)
  const paragraph = text?.querySelector('p')
  if (paragraph !== null && paragraph !== undefined) setText(paragraph, detail)
  // Said only when it turns: the times in it change each second.
  const said = `${level} ${title.replace(/[\d:]+.*$/u, '')}`
  if (lastSaid !== '' && lastSaid !== said) say(title)
  lastSaid = said
}

/** For a screen reader. */
export function say(text: string): void {
  byId('said').textContent = text
}
