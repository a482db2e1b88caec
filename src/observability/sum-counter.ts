/**
 * A counter with one label that prom-client gets the sums of when they are read: finding the place of a
 * label costs more than counting, and requests are counted more often than metrics are read.
 */

import { Counter } from 'prom-client'
import type { CounterConfiguration } from 'prom-client'

export interface SumCounter<L extends string> extends Counter<L> {
  add(value: string): void
}

export function createSumCounter<L extends string>({
  label,
  ...options
}: Pick<CounterConfiguration<L>, 'name' | 'help' | 'registers'> & {
  readonly label: L
}): SumCounter<L> {
  const sums = new Map<string, number>()
  const counter = new Counter<string>({
    ...options,
    labelNames: [label],
    collect() {
      for (const [value, sum] of sums) this.inc({ [label]: value }, sum)
      sums.clear()
    },
  })
  return Object.assign(counter, {
    add: (value: string) => void sums.set(value, (sums.get(value) ?? 0) + 1),
  })
}
