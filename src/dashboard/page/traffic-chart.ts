/** Requests over time by how they were answered, with what happened meanwhile. */

import { axis, createChart, inUtc, uPlot } from './chart.js'
import type { ChartOptions } from './chart.js'
import { byId, el, refreshTable, setText, showWhenOpen } from './dom.js'
import { hourMinute, monthDay, number, percent } from '../../report/human-format.js'
import { SAVED, WAYS } from '../../report/traffic.js'
import type { WayCounts, Way } from '../../report/traffic.js'
import type { LoggedEvent } from './frame.js'
import { addCounts, totalOf } from './model.js'
import type { Model } from './model.js'
import { barsOf, RANGES, stacked } from './ranges.js'
import type { Bar, Range } from './ranges.js'
import { colour } from './theme.js'
import { WAY_NAMES } from '../../report/traffic.js'
import { WAY_MEANINGS } from './way-meanings.js'

const COLOURS: Readonly<Record<Way, string>> = {
  hit: 'accent',
  stale: 'accent-2',
  joined: 'accent-3',
  fetched: 'grey-1',
  passed: 'grey-2',
  write: 'grey-3',
  refused: 'warn-fill',
  failed: 'bad-fill',
}

export function createTraffic(changed: () => void) {
  let range: Range = RANGES[0]
  let model: Model | undefined
  let bars: readonly Bar[] = []
  const chart = createChart(byId('traffic'), () => options(range, () => model?.events ?? []))
  const table = byId('traffic-table')
  const rows = (): (string | number)[][] => [
    ['From (UTC)', ...WAYS.map((way) => WAY_NAMES[way]), 'calls'],
    ...bars
      .filter(({ ways, calls }) => totalOf(ways) + calls > 0)
      .toReversed()
      .map(({ at, ways, calls }) => [
        timeIn(range, at),
        ...WAYS.map((way) => number(ways[way] ?? 0)),
        number(calls),
      ]),
  ]
  showWhenOpen(table, rows)
  const counts = waysTable(byId('ways'))
  chooseRange(byId('range'), (chosen) => {
    range = chosen
    changed()
  })

  return {
    range: () => range,
    repaint: () => chart.repaint(),
    show(next: Model): void {
      model = next
      bars = barsOf(next, range)
      const heights = stacked(bars)
      const times = bars.map(({ at }) => at / 1_000)
      // The highest is drawn first, and those below over it.
      chart.show([times, ...heights.toReversed().map((one) => [...one])], range.name)
      const sums = bars.reduce<WayCounts>((sum, { ways }) => addCounts(sum, ways), {})
      counts(sums)
      const calls = bars.reduce((sum, bar) => sum + bar.calls, 0)
      const saved = SAVED.reduce((sum, way) => sum + (sums[way] ?? 0), 0)
      const total = totalOf(sums)
      const text =
        total === 0
          ? `no request, ${number(calls)} calls`
          : `${number(total)} requests, ${number(saved)} (${percent(saved, total)}) without a call of their own; ${number(calls)} calls`
      setText(byId('traffic-sum'), text)
      byId('traffic').setAttribute('role', 'img')
      byId('traffic').setAttribute('aria-label', `Requests in the last ${range.name}: ${text}`)
      refreshTable(table, rows)
    },
  }
}

const timeIn = ({ stepMs }: Range, at: number): string =>
  stepMs >= 86_400_000 ? monthDay(at) : hourMinute(at)

function chooseRange(box: HTMLElement, chosen: (range: Range) => void): void {
  for (const [index, range] of RANGES.entries()) {
    const input = el('input', { type: 'radio', name: 'range', value: range.name })
    input.checked = index === 0
    input.addEventListener('change', () => chosen(range))
    box.append(el('label', {}, input, range.name))
  }
}

/** The legend and the sums in one. */
function waysTable(table: HTMLElement): (sums: WayCounts) => void {
  const cells = new Map<Way, [HTMLElement, HTMLElement]>()
  const body = el('tbody')
  for (const way of WAYS) {
    const count = el('td')
    const share = el('td')
    cells.set(way, [count, share])
    const swatch = el('i', { class: 'swatch', 'aria-hidden': 'true' })
    const name = el('th', { scope: 'row', title: WAY_MEANINGS[way] }, swatch, WAY_NAMES[way])
    body.append(el('tr', { 'data-way': way }, name, count, share))
  }
  table.append(body)
  return (sums) => {
    const total = totalOf(sums)
    for (const [way, [count, share]] of cells) {
      setText(count, number(sums[way] ?? 0))
      setText(share, (sums[way] ?? 0) === 0 ? '' : percent(sums[way] ?? 0, total))
    }
  }
}

function options(range: Range, events: () => readonly LoggedEvent[]): ChartOptions {
  const barPaths = uPlot.paths.bars?.({ size: [0.8, 28], align: 1 })
  return {
    tzDate: inUtc,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { range: (_plot, min, max) => [min, max + range.stepMs / 1_000] },
      y: { range: (_plot, _min, max) => [0, Math.max(4, max * 1.08)] },
    },
    axes: [
      axis({
        size: 26,
        space: 70,
        values: (_plot, splits) => splits.map((at) => timeIn(range, at * 1_000)),
      }),
      axis({
        size: 52,
        incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 5e4, 1e5, 5e5, 1e6],
        values: (_plot, splits) => splits.map(number),
      }),
    ],
    series: [
      {},
      ...WAYS.toReversed().map((way) => ({
        fill: colour(COLOURS[way]),
        width: 0,
        points: { show: false },
        ...(barPaths !== undefined && { paths: barPaths }),
      })),
    ],
    hooks: { draw: [(plot) => drawEvents(plot, events())] },
  }
}

/** What is worth a warning stands on the time line: a line, and a mark at its top. */
function drawEvents(plot: uPlot, events: readonly LoggedEvent[]): void {
  const { ctx, bbox } = plot
  const { min = 0, max = 0 } = plot.scales['x'] ?? {}
  const ratio = devicePixelRatio
  ctx.save()
  for (const { at, level } of events.slice(0, 100)) {
    const seconds = at / 1_000
    if (level === 'info' || seconds < (min ?? 0) || seconds > (max ?? 0)) continue
    const x = Math.round(plot.valToPos(seconds, 'x', true))
    ctx.strokeStyle = ctx.fillStyle = colour(
      level === 'bad' ? 'bad-fill' : level === 'warn' ? 'warn-fill' : 'accent',
    )
    ctx.lineWidth = ratio
    ctx.setLineDash([3 * ratio, 3 * ratio])
    ctx.beginPath()
    ctx.moveTo(x, bbox.top)
    ctx.lineTo(x, bbox.top + bbox.height)
    ctx.stroke()
    ctx.beginPath()
    ctx.moveTo(x - 5 * ratio, bbox.top)
    ctx.lineTo(x + 5 * ratio, bbox.top)
    ctx.lineTo(x, bbox.top + 7 * ratio)
    ctx.fill()
  }
  ctx.restore()
}
