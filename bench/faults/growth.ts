/** Whether something grows: what was held in the second quarter against the last one. */

import { median } from '../figures.js'
import type { Row } from '../table.js'
import type { Sample } from './processes.js'

interface Bound {
  readonly of: keyof Sample
  /** In this unit in the table. */
  readonly unit: 'MiB' | ''
  /** May be more by this factor, and by so much on top: samples are taken under load. */
  readonly factor: number
  readonly extra: number
}

const MIB = 2 ** 20
const BOUNDS: readonly Bound[] = [
  { of: 'heapBytes', unit: 'MiB', factor: 1.1, extra: 8 * MIB },
  { of: 'externalBytes', unit: 'MiB', factor: 1.15, extra: 8 * MIB },
  { of: 'rssBytes', unit: 'MiB', factor: 1.15, extra: 32 * MIB },
  { of: 'resources', unit: '', factor: 1.25, extra: 30 },
  { of: 'descriptors', unit: '', factor: 1.25, extra: 30 },
]

export function growthOf(samples: readonly Sample[]): {
  rows: readonly Row[]
  grown: readonly string[]
} {
  const quarter = Math.floor(samples.length / 4)
  const grown: string[] = []
  const rows = BOUNDS.map(({ of, unit, factor, extra }) => {
    const values = samples.map((sample) => sample[of])
    const second = median(values.slice(quarter, 2 * quarter))
    const last = median(values.slice(-quarter))
    const bound = second * factor + extra
    if (!(last <= bound)) grown.push(`${of} grew from ${second} to ${last}`)
    const show = (value: number): string =>
      unit === 'MiB' ? `${(value / MIB).toFixed(1)} MiB` : String(Math.round(value))
    return {
      held: of.replace('Bytes', ''),
      'second quarter': show(second),
      'last quarter': show(last),
      'at most': show(Math.max(...values)),
      bound: show(bound),
    }
  })
  return { rows, grown }
}
