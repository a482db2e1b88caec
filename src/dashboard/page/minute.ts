/** The rolling window as slots: used and coming back, in flight, free. */

import { byId, el, refreshTable, setText, showFigures, showWhenOpen } from './dom.js'
import { number, span } from '../../report/human-format.js'
import type { Model } from './model.js'

/** More slots than this are shown as shares of a bar. */
const MAX_SLOTS = 200
const BINS = 12

type Slot = 'flight' | 'cooling-3' | 'cooling-2' | 'cooling-1' | 'free' | 'closed'

export function createMinute(): { show(model: Model): void } {
  const table = byId('returns-table')
  let rows: (string | number)[][] = []
  showWhenOpen(table, () => rows)

  return {
    show({ status, releases }) {
      const { minute } = status.budgets
      const { used, max, ceiling, inFlight, windowSeconds } = minute
      const free = Math.max(0, ceiling - used)
      const cooling = used - inFlight
      showFigures(byId('minute-figures'), [
        { name: `of ${number(ceiling)} free`, value: number(free), isFirst: true },
        { name: 'coming back', value: number(cooling) },
        { name: 'in flight', value: number(inFlight) },
      ])
      const [first] = releases
      const last = releases.at(-1)
      const next = first === undefined ? 'all free' : `next back in ${span(first)}`
      setText(byId('minute-next'), used === 0 ? 'all free' : next)
      byId('closed-key').hidden = ceiling >= max
      const windowMs = windowSeconds * 1_000
      drawSlots(byId('slots'), slotsOf({ releases, inFlight, free, cooling, max, windowMs }))
      const spoken = `${free} slots free, ${cooling} coming back, ${inFlight} in flight, of ${ceiling}`
      byId('slots').setAttribute(
        'aria-label',
        last === undefined ? spoken : `${spoken}; all back in ${span(last)}`,
      )
      const bins = binsOf(releases, windowMs)
      drawReturns(bins, windowMs)
      rows = [
        ['In', 'Slots'],
        ...bins.map((count, index) => [
          `${Math.round((index * windowSeconds) / BINS)} to ${Math.round(((index + 1) * windowSeconds) / BINS)} s`,
          count,
        ]),
      ]
      refreshTable(table, () => rows)
    },
  }
}

function slotsOf(state: {
  readonly releases: readonly number[]
  readonly inFlight: number
  readonly free: number
  readonly cooling: number
  readonly max: number
  readonly windowMs: number
}): readonly Slot[] {
  const { releases, inFlight, free, cooling, max, windowMs } = state
  // Soonest next to the free ones: slots seem to empty towards them.
  const times = [...releases].toReversed().slice(0, cooling)
  const slots: Slot[] = Array.from({ length: inFlight }, () => 'flight' as const)
  for (let index = 0; index < cooling; index++) {
    const share = (times[index] ?? windowMs) / windowMs
    slots.push(share > 2 / 3 ? 'cooling-3' : share > 1 / 3 ? 'cooling-2' : 'cooling-1')
  }
  for (let index = 0; index < free; index++) slots.push('free')
  while (slots.length < max) slots.push('closed')
  return slots
}

function drawSlots(box: HTMLElement, slots: readonly Slot[]): void {
  if (slots.length > MAX_SLOTS) {
    drawShares(box, slots)
    return
  }
  if (box.firstElementChild?.className === 'share') box.replaceChildren()
  while (box.children.length > slots.length) box.lastElementChild?.remove()
  while (box.children.length < slots.length) box.append(el('i', { class: 'slot' }))
  for (const [index, slot] of slots.entries()) paint(box.children[index], slot)
}

function paint(element: Element | undefined, slot: Slot): void {
  if (!(element instanceof HTMLElement)) return
  const [kind = '', left = ''] = slot.split('-')
  const name = kind === 'free' ? 'slot' : `slot ${kind}`
  if (element.className !== name) element.className = name
  if (element.dataset['left'] !== left) element.dataset['left'] = left
}

function drawShares(box: HTMLElement, slots: readonly Slot[]): void {
  const bar = el('div', { class: 'share' })
  for (const kind of ['flight', 'cooling-3', 'cooling-2', 'cooling-1', 'free', 'closed'] as const) {
    const part = el('i')
    paint(part, kind)
    part.style.width = `${(slots.filter((slot) => slot === kind).length / slots.length) * 100}%`
    bar.append(part)
  }
  box.replaceChildren(bar)
}

function binsOf(releases: readonly number[], windowMs: number): readonly number[] {
  const bins = Array.from({ length: BINS }, () => 0)
  for (const ms of releases) {
    const bin = Math.min(BINS - 1, Math.floor((ms / windowMs) * BINS))
    bins[bin] = (bins[bin] ?? 0) + 1
  }
  return bins
}

function drawReturns(bins: readonly number[], windowMs: number): void {
  const box = byId('returns')
  while (box.children.length < bins.length) box.append(el('i'))
  const highest = Math.max(5, ...bins)
  for (const [index, count] of bins.entries()) {
    const bar = box.children[index]
    if (bar instanceof HTMLElement) bar.style.height = `${(count / highest) * 100}%`
  }
  const marks = ['now', span(windowMs / 2), span(windowMs)]
  const axis = byId('returns-axis')
  if (axis.textContent !== marks.join(''))
    axis.replaceChildren(...marks.map((text) => el('span', {}, text)))
}
