/** Recent requests: searched, filtered, each with its waterfall and with all that is known of it. */

import { byId, el, part, setText } from './dom.js'
import { clock, duration, number } from '../../report/human-format.js'
import { WAYS } from '../../report/traffic.js'
import type { RecentRequest } from './frame.js'
import type { Model } from './model.js'
import { detailsOf } from './request-details.js'
import { WAY_NAMES } from '../../report/traffic.js'

const PAGE = 25

const HEAD: readonly (readonly [name: string, text: string])[] = [
  ['time', 'Time'],
  ['what', 'Request'],
  ['who', 'Consumer'],
  ['status', 'Status'],
  ['way', 'Answer'],
  ['fall', 'Queue, upstream'],
  ['total', 'Total'],
]

export function createRequests(): { show(model: Model): void } {
  const table = byId('requests')
  const body = el('tbody')
  const head = HEAD.map(([name, text]) => el('th', { scope: 'col', class: name }, text))
  table.append(el('thead', {}, el('tr', {}, ...head)), body)
  const search = part('search', HTMLInputElement)
  const way = part('filter-way', HTMLSelectElement)
  const consumer = part('filter-consumer', HTMLSelectElement)
  const follow = part('follow', HTMLInputElement)
  const more = byId('requests-more')
  const rows = new Map<number, HTMLTableRowElement>()
  const opened = new Set<number>()
  let model: Model | undefined
  let frozen: readonly RecentRequest[] | undefined
  let count = PAGE

  way.append(el('option', { value: '' }, 'all'))
  for (const one of WAYS) way.append(el('option', { value: one }, WAY_NAMES[one]))
  consumer.append(el('option', { value: '' }, 'all'))

  function draw(): void {
    if (model === undefined) return
    const all = frozen ?? model.requests
    listConsumers(consumer, all)
    const found = all.filter(matcher({ search, way, consumer }))
    const shown = found.slice(0, count)
    more.hidden = found.length <= count
    const empty = byId('requests-empty')
    empty.hidden = found.length > 0
    if (all.length === 0) {
      setText(
        empty,
        `No requests yet. Point a program at ${location.origin}/ in the place of https://api.myintervals.com/.`,
      )
    } else setText(empty, 'No request of the last ones is like that.')
    const of = found.length === all.length ? '' : ` of ${number(all.length)}`
    setText(
      byId('requests-count'),
      all.length === 0 ? '' : `${number(found.length)}${of}, newest first`,
    )
    const longest = scaleOf(shown)
    const wanted = shown.flatMap((one) => {
      const row = rows.get(one.seq) ?? rowOf(one, toggle)
      rows.set(one.seq, row)
      stretch(row, one, longest)
      return opened.has(one.seq) ? [row, detailRow(one)] : [row]
    })
    const kept = new Set(all.map(({ seq }) => seq))
    for (const seq of rows.keys()) if (!kept.has(seq)) rows.delete(seq)
    place(body, wanted)
  }

  /** Made once, so that a selection in it stays. */
  const detailRows = new Map<number, HTMLTableRowElement>()
  function detailRow(one: RecentRequest): HTMLTableRowElement {
    const made = detailRows.get(one.seq) ?? detailsOf(one, HEAD.length)
    detailRows.set(one.seq, made)
    return made
  }

  function toggle(seq: number, button: HTMLButtonElement): void {
    const isOpen = !opened.delete(seq)
    if (isOpen) opened.add(seq)
    else detailRows.delete(seq)
    button.setAttribute('aria-expanded', String(isOpen))
    draw()
  }

  byId('filters').addEventListener('submit', (event) => event.preventDefault())
  for (const input of [search, way, consumer]) {
    input.addEventListener('input', () => {
      count = PAGE
      draw()
    })
  }
  follow.addEventListener('change', () => {
    frozen = follow.checked ? undefined : model?.requests
    draw()
  })
  more.addEventListener('click', () => {
    count += PAGE
    draw()
  })
  return {
    show(next) {
      model = next
      draw()
    },
  }
}

/** Puts the rows in their order and leaves those alone that have their place, with the focus in them. */
function place(body: HTMLElement, wanted: readonly HTMLElement[]): void {
  const keep = new Set<Element>(wanted)
  for (const row of Array.from(body.children)) if (!keep.has(row)) row.remove()
  let before: Element | null = body.firstElementChild
  for (const row of wanted) {
    if (row === before) before = before.nextElementSibling
    else body.insertBefore(row, before)
  }
}

function matcher(fields: {
  readonly search: HTMLInputElement
  readonly way: HTMLSelectElement
  readonly consumer: HTMLSelectElement
}): (request: RecentRequest) => boolean {
  const words = fields.search.value
    .toLowerCase()
    .split(/\s+/u)
    .filter((word) => word !== '')
  const { value: way } = fields.way
  const { value: consumer } = fields.consumer
  return (one) => {
    if (way !== '' && one.way !== way) return false
    if (consumer !== '' && one.consumer !== consumer) return false
    if (words.length === 0) return true
    const { method, path, query, status, cacheStatus, id, outcome } = one
    const text = [method, path + query, one.consumer, status, cacheStatus, id, outcome, one.token]
      .join(' ')
      .toLowerCase()
    return words.every((word) => text.includes(word))
  }
}

function listConsumers(select: HTMLSelectElement, requests: readonly RecentRequest[]): void {
  const names = new Set(requests.map(({ consumer }) => consumer))
  for (const { value } of select.options) names.delete(value)
  for (const name of [...names].slice(0, 100)) select.append(el('option', { value: name }, name))
}

/** Nine of ten fit; one that took for ever would make dots of all others. */
function scaleOf(requests: readonly RecentRequest[]): number {
  const times = requests.map(({ totalMs }) => totalMs).toSorted((a, b) => a - b)
  return Math.max(1, times[Math.floor(times.length * 0.9)] ?? 1)
}

function rowOf(
  one: RecentRequest,
  toggle: (seq: number, button: HTMLButtonElement) => void,
): HTMLTableRowElement {
  const target = `${one.path}${one.query}`
  const button = el(
    'button',
    { type: 'button', 'aria-expanded': 'false', title: target },
    el('span', { class: 'method' }, one.method),
    target,
  )
  button.addEventListener('click', () => toggle(one.seq, button))
  const parts = ['queue', 'upstream', 'own'].map((name) => el('i', { class: name }))
  const waterfall = el('div', { class: 'waterfall' }, ...parts)
  const queued = one.queuedMs === undefined ? 'not queued' : `queue ${duration(one.queuedMs)}`
  const upstream = one.upstreamMs === undefined ? 'no call' : `upstream ${duration(one.upstreamMs)}`
  const swatch = el('i', { class: 'swatch', 'aria-hidden': 'true' })
  return el(
    'tr',
    { 'data-way': one.way },
    el(
      'td',
      { class: 'time' },
      el('time', { datetime: new Date(one.at).toISOString() }, clock(one.at)),
    ),
    el('td', { class: 'what' }, button),
    el('td', { class: 'who', title: one.consumer }, one.consumer),
    el('td', { class: 'status' }, one.status ?? '–'),
    el('td', { class: 'way', title: one.cacheStatus }, swatch, WAY_NAMES[one.way]),
    el(
      'td',
      { class: 'fall', title: `${queued}, ${upstream}` },
      waterfall,
      el('span', { class: 'visually-hidden' }, `${queued}, ${upstream}`),
    ),
    el('td', { class: 'total' }, duration(one.totalMs)),
  )
}

function stretch(row: HTMLElement, one: RecentRequest, longest: number): void {
  const queued = one.queuedMs ?? 0
  const upstream = one.upstreamMs ?? 0
  const own = Math.max(0, one.totalMs - queued - upstream)
  const parts = row.querySelectorAll<HTMLElement>('.waterfall i')
  const scale = Math.max(longest, one.totalMs)
  for (const [index, ms] of [queued, upstream, own].entries()) {
    const part = parts[index]
    if (part !== undefined) part.style.width = `${(ms / scale) * 100}%`
  }
}
