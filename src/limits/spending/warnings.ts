/**
 * When a budget is worth a word: at 50, 80 and 95 % of it, each once a day, also across restarts. A
 * jump over several says the highest only. Pure but for the memory of what was said.
 */

import type { NoticeRecord } from './spending-journal.js'

/** Parts of a budget at which people are told. */
export const THRESHOLDS = [0.5, 0.8, 0.95] as const
export type Threshold = (typeof THRESHOLDS)[number]

/** The highest that is reached; undefined below the first, and where there is no budget. */
export function reached(used: number, budget: number): Threshold | undefined {
  if (budget <= 0) return undefined
  return THRESHOLDS.findLast((threshold) => used >= threshold * budget - 1e-6)
}

export interface Warnings {
  /** The threshold to tell of now, if there is one that was not told of today. */
  due(budget: {
    readonly day: string
    readonly subject: string
    readonly used: number
    readonly budget: number
  }): Threshold | undefined
}

/** Subjects that are remembered of one day, at most; past it nothing is said of more. */
const MAX_SUBJECTS = 10_000

export function createWarnings(options: {
  readonly said: Iterable<NoticeRecord>
  /** Keeps it; need not wait for the disk. */
  readonly onSaid: (record: NoticeRecord) => void
}): Warnings {
  const said = new Map<string, NoticeRecord>()
  for (const record of options.said) {
    const before = said.get(record.subject)
    if (before === undefined || before.day <= record.day) said.set(record.subject, record)
  }
  return {
    due({ day, subject, used, budget }) {
      const threshold = reached(used, budget)
      if (threshold === undefined) return undefined
      const before = said.get(subject)
      if (before?.day === day && before.threshold >= threshold) return undefined
      if (before === undefined && said.size >= MAX_SUBJECTS) {
        for (const [name, record] of said) if (record.day !== day) said.delete(name)
        if (said.size >= MAX_SUBJECTS) return undefined
      }
      const record = { day, subject, threshold }
      said.set(subject, record)
      options.onSaid(record)
      return threshold
    },
  }
}
