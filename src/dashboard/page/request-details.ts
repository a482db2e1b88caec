/** All that is known of one request, under its row. */

import { el } from './dom.js'
import { duration } from '../../report/human-format.js'
import type { RecentRequest } from './frame.js'
import { WAY_MEANINGS } from './way-meanings.js'

export function detailsOf(one: RecentRequest, columns: number): HTMLTableRowElement {
  const { queuedMs, upstreamMs, upstreamStatus } = one
  const facts: readonly (readonly [string, string, boolean?])[] = [
    ['Request', `${one.method} ${one.path}${one.query}`, true],
    ['Cache-Status', one.cacheStatus, true],
    ['Answer', `${one.way}: ${WAY_MEANINGS[one.way]}`, true],
    ['At', new Date(one.at).toISOString()],
    ['Request id', one.id],
    ['Consumer', one.consumer],
    ['Account', one.account],
    ['Token’s hash', one.token],
    ['Class', one.priority],
    ['In the queue', queuedMs === undefined ? 'never' : duration(queuedMs)],
    ['Upstream', upstreamMs === undefined ? 'no call' : duration(upstreamMs)],
    ['Upstream’s status', upstreamStatus === undefined ? '–' : String(upstreamStatus)],
    ['Altogether', duration(one.totalMs)],
  ]
  const pairs = facts.map(([name, value, isWhole = false]) =>
    el('div', isWhole ? { class: 'whole' } : {}, el('dt', {}, name), el('dd', {}, value)),
  )
  return el(
    'tr',
    { class: 'details' },
    el('td', { colspan: String(columns) }, el('dl', {}, ...pairs)),
  )
}
