/** Tables of names with numbers: consumers, resources, paths, the queue. */

import { el } from './dom.js'
import { WAYS } from '../../report/traffic.js'
import type { WayCounts } from '../../report/traffic.js'
import { totalOf } from './model.js'

export interface ShownRow {
  readonly name: string
  /** How its requests were answered, as a bar under its name. */
  readonly ways?: WayCounts
  readonly cells: readonly string[]
}

/** Replaces the rows; the caption stays. */
export function showRows(
  table: HTMLElement,
  head: readonly string[],
  { rows, empty }: { readonly rows: readonly ShownRow[]; readonly empty: string },
): void {
  const key = JSON.stringify([head, rows])
  if (table.dataset['shown'] === key) return
  table.dataset['shown'] = key
  const most = Math.max(1, ...rows.map(({ ways = {} }) => totalOf(ways)))
  const body = rows.map(({ name, ways, cells }) => {
    const bar = ways === undefined ? undefined : barOf(ways, most)
    const label = el('th', { scope: 'row', title: name }, name, bar)
    return el('tr', {}, label, ...cells.map((cell) => el('td', {}, cell)))
  })
  const none = el('tr', {}, el('td', { class: 'empty', colspan: String(head.length) }, empty))
  table.querySelector('thead')?.remove()
  table.querySelector('tbody')?.remove()
  table.append(
    el('thead', {}, el('tr', {}, ...head.map((text) => el('th', { scope: 'col' }, text)))),
    el('tbody', {}, ...(rows.length === 0 ? [none] : body)),
  )
}

function barOf(ways: WayCounts, most: number): HTMLElement {
  const bar = el('div', { class: 'bar', 'aria-hidden': 'true' })
  for (const way of WAYS) {
    const count = ways[way] ?? 0
    if (count === 0) continue
    const part = el('i', { 'data-way': way })
    part.style.width = `${(count / most) * 100}%`
    bar.append(part)
  }
  return bar
}
