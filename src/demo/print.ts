/** How the demo looks on a terminal: plain text, no colours, no line over 100 characters. */

import { columns } from '../cli/display/layout.js'
import type { Tally } from './demo-tally.js'

export interface Out {
  /** The heading of the next act, numbered. */
  title(text: string): void
  /** Sentences, each on a line of its own. */
  line(...lines: readonly string[]): void
  lines(lines: readonly string[]): void
}

export function createOut(write: (line: string) => void): Out {
  let act = 0
  const lines = (texts: readonly string[]): void => {
    for (const text of texts) write(`   ${text}`.trimEnd())
  }
  return {
    title(text) {
      act++
      write('')
      write(`${act}. ${text}`)
    },
    line: (...texts) => lines(texts),
    lines,
  }
}

export function milliseconds(value: number): string {
  return value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`
}

const BAR_MS = 1_000

/** How many fall into each second, from 0 to the longest. */
export function bars(values: readonly number[]): readonly string[] {
  const counts: number[] = []
  for (const value of values) {
    const bar = Math.floor(value / BAR_MS)
    counts[bar] = (counts[bar] ?? 0) + 1
  }
  // Array.from sees the holes as well.
  return Array.from(counts, (count: number | undefined, bar) => {
    const from = (bar * BAR_MS) / 1_000
    const to = ((bar + 1) * BAR_MS) / 1_000
    return `${from} to ${to} s  ${'#'.repeat(count ?? 0)} ${count ?? 0}`
  })
}

export function tallyLines(tally: Tally, limit: { max: number; windowMs: number }): string[] {
  const { asked, byFate, arrived, own, savedPercent, maxInAnyWindow, refusedUpstream } = tally
  const rows: [string, number, string][] = [
    ['asked by the consumers', asked, ''],
    ['  answered from the cache', byFate.hit, ''],
    ["  joined somebody else's call", byFate.joined, ''],
    ['  sent to Intervals', byFate.sent, ''],
    ['  refused by the proxy', byFate.refused, 'would have waited longer than they wanted'],
    ['arrived at Intervals', arrived, `${byFate.sent} of the consumers, ${own} of the proxy's own`],
    ['refused by Intervals', refusedUpstream, ''],
    [
      `most arrivals in any ${limit.windowMs / 1_000} s`,
      maxInAnyWindow,
      `the limit is ${limit.max}`,
    ],
    ['calls saved, per cent', savedPercent, ''],
  ]
  const width = Math.max(...rows.map(([, value]) => String(value).length))
  return [
    ...columns(rows.map(([name, value, note]) => [name, String(value).padStart(width), note])),
  ]
}
