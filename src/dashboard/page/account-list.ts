/** Which account's day is drawn, and all of them in a table where there are several. */

import { byId, el, part } from './dom.js'
import { hourMinute, number } from '../../report/human-format.js'
import type { DayStatus } from '../../report/status-report.js'
import type { Model } from './model.js'
import { showRows } from './table-rows.js'

export function createAccounts(changed: () => void): {
  /** The day that is looked at; undefined before the first call. */
  show(model: Model): DayStatus | undefined
} {
  const select = part('account', HTMLSelectElement)
  const table = el('table', { class: 'rows' }, el('caption', {}, 'All accounts'))
  byId('accounts').append(table)
  select.addEventListener('change', changed)

  return {
    show({ status }) {
      const { day: days } = status.budgets
      const names = days.map(({ account }) => account)
      const listed = [...select.options].map(({ value }) => value)
      if (names.join('\n') !== listed.join('\n')) {
        const before = select.value
        select.replaceChildren(...names.map((name) => el('option', { value: name }, name)))
        if (names.includes(before)) select.value = before
      }
      byId('account-choice').hidden = days.length < 2
      byId('accounts').hidden = days.length < 2
      if (days.length > 1) {
        showRows(table, ['Account', 'Left', 'Of', 'An hour', 'Until'], {
          rows: days.map(({ account, used, max, perHour, lastsUntil, paused }) => ({
            name: paused ? `${account} (paused)` : account,
            cells: [
              number(Math.max(0, max - used)),
              number(max),
              number(perHour),
              lastsUntil === null ? 'lasts' : hourMinute(Date.parse(lastsUntil)),
            ],
          })),
          empty: '',
        })
      }
      return days.find(({ account }) => account === select.value) ?? days[0]
    },
  }
}
