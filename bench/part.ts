/** One part of the benchmarks: what it is asked, and what it gives. */

import type { Table } from './table.js'

/** One line of the goals: what was wanted, and what came out. */
export interface Goal {
  readonly what: string
  readonly goal: string
  readonly measured: string
  readonly isReached: boolean
}

export interface PartResult {
  readonly tables: readonly Table[]
  readonly goals: readonly Goal[]
  /** What was not compared with, and the package that is missing. */
  readonly skipped: readonly string[]
  /** The figures as numbers, for programs. */
  readonly figures: unknown
}

export interface PartContext {
  /** As many rounds and sizes as fit into some seconds; else all. */
  readonly isQuick: boolean
  /** A line for whoever waits. */
  say(line: string): void
}

export interface Part {
  /** One line, for the list of parts. */
  readonly about: string
  /** How long it takes in full, about, seconds. */
  readonly seconds: number
  /** Measures `dist/`, so that has to be built before; else it reads the sources. */
  readonly needsBuild: boolean
  /** Counts, waits, or compares within itself by turns: a quick look takes it beside others of the kind. */
  readonly isLight: boolean
  run(context: PartContext): Promise<PartResult>
}
