/** The only door of src/freshness. */

export { createFreshness, shapeOf } from './freshness.js'
export type { Freshness, FreshnessOptions, ShapeOf } from './freshness.js'
export type {
  AccountReport,
  AccountState,
  Counted,
  DayBudgetLeft,
  Shape,
} from './account-freshness.js'
export { FRESHNESS_MODES, longestTtlMs } from './ttl-in-use.js'
export type { FreshnessMode, PacedPolicy } from './ttl-in-use.js'
export { readStates, written } from './state-shape.js'
