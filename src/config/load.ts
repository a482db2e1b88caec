/**
 * The configuration from a file, the environment and the command line.
 *
 * Nothing here touches the process or the disk: both are arguments. All mistakes are found in one
 * go; only what stands in a file that is not YAML has to wait for the next.
 */
import { resolve } from 'node:path'
import type { Reading } from './check-value.js'
import { gatewayRules, withSecrets } from './gateway-rules.js'
import { deepFreeze, merge, type Sources } from './merge.js'
import { formatProblem, problemAt, type Problem } from './config-problem.js'
import { CONFIG_VARIABLE, readEnvironment } from './read-environment.js'
import { readFlags, type Flags } from './read-flags.js'
import { readYaml } from './read-yaml.js'
import { ADVICE, RULES, unreadable, type Facts, type Rule } from './rules.js'
import type { Config } from './schema.js'
import { defaultOf } from './settings.js'
import { TLS_ADVICE, TLS_RULES } from './tls-rules.js'
import { withWebProxy } from './web-proxy.js'
import { WORKER_RULES } from './worker-rules.js'

/** Where to look. */
export interface LoadOptions {
  /** Path of the YAML file; default: the variable INTERVALS_PROXY_CONFIG, else no file. */
  readonly file?: string
  /** The environment; everything that starts with INTERVALS_PROXY_ has to be known. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Settings from the command line, by key. Default: none. */
  readonly flags?: Flags
  /** Directory that relative paths start from, also paths in the file. */
  readonly cwd: string
  /** The text of the file at an absolute path; throws if it cannot be read. */
  readonly readFile: (path: string) => string
  /** Whether there is a file at an absolute path. Default: there is none. */
  readonly exists?: (path: string) => boolean
}

/** A configuration to start with, or everything that is wrong. */
export type LoadResult =
  | {
      readonly ok: true
      /** Frozen; paths are absolute. */
      readonly config: Config
      readonly sources: Sources
      /** Keys of the settings that differ from their default. */
      readonly changed: readonly string[]
      /** What is allowed but unwise, ready to print. */
      readonly warnings: readonly string[]
      /** The file that was read, as it was named; undefined if none was. */
      readonly file: string | undefined
    }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/** Defaults, under the file, under the environment, under the flags. */
export function loadConfig(options: LoadOptions): LoadResult {
  const { env, cwd, flags = {} } = options
  const readFile = (path: string) => options.readFile(resolve(cwd, path))
  const file = options.file ?? (env[CONFIG_VARIABLE] === '' ? undefined : env[CONFIG_VARIABLE])
  const readings = [
    file === undefined ? { entries: [], problems: [] } : readConfigFile(file, readFile),
    readEnvironment(env),
    readFlags(flags),
  ]
  const { config: merged, sources } = merge(readings.flatMap(({ entries }) => entries))
  const problems = readings.flatMap((reading) => reading.problems)
  const facts = { config: merged, readFile, env }
  const rules = [...RULES, ...TLS_RULES, ...WORKER_RULES, ...gatewayRules(merged)]
  const broken = breaches(rules, facts, { sources, problems })
  if (problems.length + broken.length > 0) {
    return { ok: false, problems: inReadingOrder([...problems, ...broken]) }
  }
  const warnings = breaches([...ADVICE, ...TLS_ADVICE], facts, { sources, problems }).map(
    formatProblem,
  )
  const withDir = sources.has('store.dir') ? merged : withEarlierDir(merged, options)
  const complete = withWebProxy(withSecrets(withDir, facts), env)
  const config = deepFreeze(withAbsolutePaths(complete, cwd))
  return { ok: true, config, sources, changed: changedKeys(readings), warnings, file }
}

function changedKeys(readings: readonly Reading[]): readonly string[] {
  const last = new Map(
    readings.flatMap(({ entries }) => entries.map((entry) => [entry.setting.key, entry] as const)),
  )
  return [...last.values()]
    .filter(({ setting, value }) => value !== defaultOf(setting))
    .map(({ setting }) => setting.key)
}

function readConfigFile(file: string, readFile: (path: string) => string): Reading {
  try {
    return readYaml(readFile(file), file)
  } catch (error) {
    const message = `the configuration file ${unreadable(error)}`
    return { entries: [], problems: [{ source: file, key: '', message }] }
  }
}

/** Broken rules, except rules about a setting that is already wrong. */
function breaches(
  rules: readonly Rule[],
  facts: Facts,
  { sources, problems }: { sources: Sources; problems: readonly Problem[] },
): Problem[] {
  const wrong = new Set(problems.map(({ setting }) => setting))
  return rules.flatMap(({ keys, broken }) => {
    if (keys.some((key) => wrong.has(key))) return []
    const message = broken(facts)
    if (message === undefined) return []
    const blamed = keys.find((key) => sources.has(key)) ?? keys[0]
    const origin = sources.get(blamed) ?? { source: 'default', name: blamed }
    const about = blamed === keys[0] ? '' : `${keys[0]} `
    return [problemAt(origin, { setting: blamed, message: about + message })]
  })
}

/** The file first and from top to bottom, then the environment, then the command line. */
function inReadingOrder(problems: readonly Problem[]): Problem[] {
  const rank = ({ source }: Problem) => ['environment', 'command line'].indexOf(source)
  return problems.toSorted(
    (left, right) =>
      rank(left) - rank(right) ||
      (left.line ?? 0) - (right.line ?? 0) ||
      (left.column ?? 0) - (right.column ?? 0),
  )
}

/** The default of store.dir in earlier versions, and files that only the proxy writes there. */
const EARLIER_DIR = './data'
const OWN_FILES = ['ledger.mdb', 'secret.key'] as const

/** An earlier version wrote to ./data by default: its count of spent requests must not be lost. */
function withEarlierDir(config: Config, { cwd, exists = () => false }: LoadOptions): Config {
  const isEarlier =
    !exists(resolve(cwd, config.store.dir)) &&
    OWN_FILES.every((name) => exists(resolve(cwd, EARLIER_DIR, name)))
  return isEarlier ? { ...config, store: { ...config.store, dir: EARLIER_DIR } } : config
}

function withAbsolutePaths({ server, store, upstream, ...rest }: Config, cwd: string): Config {
  const { cert, key } = server.tls ?? {}
  return {
    ...rest,
    server: {
      ...server,
      ...(cert !== undefined &&
        key !== undefined && { tls: { cert: resolve(cwd, cert), key: resolve(cwd, key) } }),
    },
    store: { ...store, dir: resolve(cwd, store.dir) },
    upstream: {
      ...upstream,
      ...(upstream.ca === undefined ? {} : { ca: resolve(cwd, upstream.ca) }),
    },
  }
}
