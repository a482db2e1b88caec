/** uPlot in the colours of the page: made again when they change, as wide as there is room. */

import uPlot from './uplot.js'
import { colour } from './theme.js'

export interface Chart {
  /** Draws; the options are asked for anew only when the colours or `shape` have changed. */
  show(data: uPlot.AlignedData, shape: string): void
  /** The colours have changed. */
  repaint(): void
}

export type ChartOptions = Omit<uPlot.Options, 'width' | 'height'>

export function createChart(box: HTMLElement, options: () => ChartOptions): Chart {
  let plot: uPlot | undefined
  let shown: { data: uPlot.AlignedData; shape: string } | undefined

  const size = (): { width: number; height: number } => ({
    width: Math.max(200, box.clientWidth),
    height: box.clientHeight,
  })
  new ResizeObserver(() => plot?.setSize(size())).observe(box)

  function build(): void {
    plot?.destroy()
    if (shown !== undefined) plot = new uPlot({ ...size(), ...options() }, shown.data, box)
  }

  return {
    show(data, shape) {
      const isSame = plot !== undefined && shown?.shape === shape
      shown = { data, shape }
      if (isSame) plot?.setData(data)
      else build()
    },
    repaint: build,
  }
}

/** An axis in the page's grey; `values` are the texts at its marks. */
export function axis(own: uPlot.Axis): uPlot.Axis {
  return {
    stroke: colour('muted'),
    font: '11px system-ui, sans-serif',
    grid: { stroke: colour('line'), width: 1 },
    ticks: { show: false },
    gap: 6,
    ...own,
  }
}

/** Times are UTC whatever the browser's zone. */
export const inUtc = (seconds: number): Date => uPlot.tzDate(new Date(seconds * 1_000), 'Etc/UTC')
export { uPlot }
