/** The differences between two configurations, and which of them a running proxy can apply. */

import type { Config } from '../../config/schema.js'

/** These settings, and everything below them. All others are fixed at the start. */
const RELOADABLE = [
  'server.adminToken',
  'limits.day.keepForWrites',
  'limits.day.keepForInteractive',
  'limits.day.lendOver',
  'limits.queue.maxWait',
  'cache.floor',
  'cache.resources',
  'accounts',
  'consumers',
  'notify',
  'log.level',
] as const

export interface Changes {
  /** Keys, as in the file. */
  readonly changed: readonly string[]
  /** Of these, the ones that need a restart. */
  readonly needRestart: readonly string[]
}

export function changesBetween(current: Config, next: Config): Changes {
  const [before, after] = [leavesOf(current), leavesOf(next)]
  const keys = new Set([...before.keys(), ...after.keys()])
  const changed = [...keys].filter((key) => before.get(key) !== after.get(key))
  const needRestart = changed.filter(
    (key) => !RELOADABLE.some((known) => key === known || key.startsWith(`${known}.`)),
  )
  return { changed, needRestart }
}

function leavesOf(config: object): ReadonlyMap<string, string> {
  const leaves = new Map<string, string>()
  const walk = (value: unknown, path: readonly string[]): void => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      leaves.set(path.join('.'), JSON.stringify(value))
      return
    }
    for (const [name, child] of Object.entries(value)) walk(child, [...path, name])
  }
  walk(config, [])
  return leaves
}
