/** Turns at the gate: why a line has one, and in which order the gate (Bottleneck) lets them in. */

import type { Priority } from '../ledger/types.js'

/** A line has its turn for its class, its age, or its consumer's share of the window. */
export type Turn = 'class' | 'aged' | 'express'

/** Smaller is sooner; Bottleneck knows 0 to 9. */
const CLASS_PRIORITY: Readonly<Record<Priority, number>> = {
  write: 2,
  interactive: 5,
  background: 8,
}

/** Smaller is sooner than any class. */
export const EXPRESS_PRIORITY = 1
const AGED_PRIORITY = 0

export const gatePriority = (turn: 'class' | 'aged', priority: Priority): number =>
  turn === 'aged' ? AGED_PRIORITY : CLASS_PRIORITY[priority]
