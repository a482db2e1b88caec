/** The day of one account: calls left over its hours, the pace that would just last, and the forecast. */

import { axis, createChart, inUtc } from './chart.js'
import type { Chart } from './chart.js'
import { byId, refreshTable, showFigures, showWhenOpen } from './dom.js'
import { hourMinute, number, percent, span } from '../../report/human-format.js'
import type { DayStatus } from '../../report/status-report.js'
import type { Model } from './model.js'
import { colour } from './theme.js'
import type uPlot from './uplot.js'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

interface Point {
  readonly at: number
  readonly left: number
}

/** Of the day so far, ending now. */
export function leftOver(model: Model, day: DayStatus): readonly Point[] {
  const endMs = Date.parse(day.reset)
  const points: Point[] = []
  for (const { at, days } of model.minutes.values()) {
    const known = days[day.account]
    if (known === undefined || at < endMs - DAY_MS || at >= endMs) continue
    points.push({ at, left: Math.max(0, known[1] - known[0]) })
  }
  points.sort((a, b) => a.at - b.at)
  return [...points, { at: model.nowMs, left: Math.max(0, day.max - day.used) }]
}

/** Where it goes at the present rate: to nothing, or to the end of the day. */
export function forecastEnd(day: DayStatus, nowMs: number): Point {
  const endMs = Date.parse(day.reset)
  const left = Math.max(0, day.max - day.used)
  if (day.lastsUntil !== null) return { at: Math.max(nowMs, Date.parse(day.lastsUntil)), left: 0 }
  const spent = (day.perHour * (endMs - nowMs)) / HOUR_MS
  return { at: endMs, left: Math.max(0, left - spent) }
}

export function createBurnDown(): { show(model: Model, day: DayStatus): void; repaint(): void } {
  let current: { model: Model; day: DayStatus } | undefined
  const chart: Chart = createChart(byId('burn-down'), () => options(current?.day))
  const table = byId('burn-down-table')
  const rows = (): (string | number)[][] => {
    if (current === undefined) return []
    const { model, day } = current
    const hourly = new Map<number, Point>()
    for (const point of leftOver(model, day)) {
      hourly.set(Math.floor(point.at / HOUR_MS), point)
    }
    return [
      ['Time (UTC)', 'Calls left'],
      ...[...hourly.values()].map(({ at, left }) => [hourMinute(at), number(left)]),
    ]
  }
  showWhenOpen(table, rows)

  return {
    show(model, day) {
      current = { model, day }
      showFigures(byId('today-figures'), figuresOf(day))
      const leftMs = Date.parse(day.reset) - model.nowMs
      byId('today-left').textContent = `${span(leftMs)} left, until 00:00 UTC`
      chart.show(dataOf(model, day), `${day.account} ${day.day} ${day.max}`)
      refreshTable(table, rows)
      byId('burn-down').setAttribute('aria-label', spoken(model, day))
      byId('burn-down').setAttribute('role', 'img')
    },
    repaint: () => chart.repaint(),
  }
}

function figuresOf(day: DayStatus): { name: string; value: string; isFirst?: boolean }[] {
  const { used, max, perHour, kept, quotaRead } = day
  const left = Math.max(0, max - used)
  const keptFor = kept.consumers + kept.interactive + kept.writes
  return [
    { name: `of ${number(max)} calls left`, value: number(left), isFirst: true },
    { name: 'used', value: `${number(used)} (${percent(used, max)})` },
    { name: 'calls an hour now', value: number(perHour) },
    { name: 'kept for shares', value: number(keptFor) },
    ...(quotaRead === null
      ? []
      : [{ name: 'asked of Intervals', value: hourMinute(Date.parse(quotaRead)) }]),
  ]
}

function spoken(model: Model, day: DayStatus): string {
  const { left } = forecastEnd(day, model.nowMs)
  const end = day.lastsUntil === null ? `${number(left)} left at midnight` : 'runs out before'
  return `Calls left of the day of ${day.account}: ${number(day.max - day.used)} of ${number(day.max)} now; forecast: ${end}`
}

/** One row of times for all four lines; what a line does not know at a time is null. */
function dataOf(model: Model, day: DayStatus): uPlot.AlignedData {
  const endMs = Date.parse(day.reset)
  const actual = new Map(leftOver(model, day).map(({ at, left }) => [at, left]))
  const pace = new Map([
    [endMs - DAY_MS, day.max],
    [endMs, 0],
  ])
  const end = forecastEnd(day, model.nowMs)
  const forecast = new Map([
    [model.nowMs, day.max - day.used],
    [end.at, end.left],
  ])
  const times = [...new Set([...actual.keys(), ...pace.keys(), ...forecast.keys()])].toSorted(
    (a, b) => a - b,
  )
  const line = (values: ReadonlyMap<number, number>): (number | null)[] =>
    times.map((at) => values.get(at) ?? null)
  return [times.map((at) => at / 1_000), line(actual), line(pace), line(forecast)]
}

function options(
  day: DayStatus | undefined,
): Parameters<typeof createChart>[1] extends () => infer O ? O : never {
  const max = day?.max ?? 1
  const end = day === undefined ? 0 : Date.parse(day.reset) / 1_000
  return {
    tzDate: inUtc,
    legend: { show: false },
    cursor: { y: false, points: { size: 6 } },
    scales: { x: { range: [end - DAY_MS / 1_000, end] }, y: { range: [0, max * 1.04] } },
    axes: [
      axis({
        size: 26,
        splits: () => [0, 4, 8, 12, 16, 20, 24].map((hour) => end - (24 - hour) * 3_600),
        values: (_plot, splits) =>
          splits.map((at) => (at === end ? '24:00' : hourMinute(at * 1_000))),
      }),
      axis({ size: 52, values: (_plot, splits) => splits.map(number) }),
    ],
    series: [
      {},
      {
        stroke: colour('accent'),
        fill: colour('accent-soft'),
        width: 2,
        spanGaps: true,
        points: { show: false },
      },
      {
        stroke: colour('grey-2'),
        width: 1.5,
        dash: [2, 4],
        spanGaps: true,
        points: { show: false },
      },
      { stroke: colour('accent'), width: 2, dash: [6, 5], spanGaps: true, points: { show: false } },
    ],
  }
}
