/** One configuration from the defaults and the given values, later over earlier. */
import type { Entry } from './check-value.js'
import type { Origin } from './config-problem.js'
import type { Config } from './schema.js'
import { SETTINGS, defaultOf } from './settings.js'

/** Where each setting got its value, by key; settings at their default are not in it. */
export type Sources = ReadonlyMap<string, Origin>

interface Branch {
  [name: string]: unknown
}

/** Put `entries` over the defaults. */
export function merge(entries: readonly Entry[]): { config: Config; sources: Sources } {
  const root: Branch = { cache: { resources: {} }, accounts: {}, consumers: {}, notify: {} }
  const sources = new Map<string, Origin>()
  for (const setting of SETTINGS) {
    const value = defaultOf(setting)
    if (value !== undefined) put(root, setting.key.split('.'), value)
  }
  for (const { setting, value, origin } of entries) {
    put(root, setting.key.split('.'), value)
    sources.set(setting.key, origin)
  }
  // Complete by construction: every setting the type needs has a default (see the tests).
  const config = root as unknown as Config
  return {
    config: sources.has('cache.maxEntrySize') ? config : withFittingEntrySize(config),
    sources,
  }
}

/** Freeze `value` and everything in it. */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(deepFreeze)
  return Object.freeze(value)
}

/** With a small cache, the default for an entry is lowered to fit. */
function withFittingEntrySize({ cache, ...rest }: Config): Config {
  return { ...rest, cache: { ...cache, maxEntrySize: Math.min(cache.maxEntrySize, cache.maxSize) } }
}

function put(branch: Branch, [name = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    branch[name] = value
    return
  }
  // A consumer may be called constructor: what every object has is not its section.
  if (!Object.hasOwn(branch, name)) branch[name] = {}
  const next = branch[name] as Branch
  put(next, rest, value)
}
