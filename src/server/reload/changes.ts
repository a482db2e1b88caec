/** What differs between two configurations, and what of it a running proxy can take over. */

import type { Config } from '../../config/schema.js'

/** These, and everything below them. The rest is built into what was made at the start. */
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
  /** Those of them that only a restart brings. */
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
