/**
 * Applies another configuration to a running proxy, as a whole or not at all. The ledger, the queue, the
 * cache, and requests that wait or are in flight stay as they are.
 */

import type { FastifyBaseLogger } from 'fastify'
import type { LoadResult } from '../../config/load.js'
import { formatProblem } from '../../config/config-problem.js'
import type { Config } from '../../config/schema.js'
import { changesBetween } from './changes.js'

export interface ReloadOptions {
  readonly runtime: { readonly config: Config; reload(next: Config): void }
  readonly load: () => LoadResult
  readonly log: FastifyBaseLogger
  /** Reads the files that settings name again, and returns the settings whose file says something else. */
  readonly refresh?: () => readonly string[]
}

/** The result of a reload. */
export type Reloaded = 'unchanged' | 'reloaded' | 'refused'

/** Never throws: if anything is wrong with the new configuration, the old one stays. */
export function reload(
  { runtime, load, log, refresh = () => [] }: ReloadOptions,
  cause: string,
): Reloaded {
  const audit = { audit: 'reload', by: cause }
  let loaded: LoadResult
  try {
    loaded = load()
  } catch (error) {
    log.error({ ...audit, err: error }, 'the configuration could not be read; the old one stays')
    return 'refused'
  }
  if (!loaded.ok) {
    const problems = loaded.problems.map(formatProblem)
    log.error({ ...audit, problems }, `the old configuration stays: ${problems[0] ?? ''}`)
    return 'refused'
  }
  const { changed: settings, needRestart } = changesBetween(runtime.config, loaded.config)
  if (needRestart.length > 0) {
    log.error(
      { ...audit, needRestart },
      `the old configuration stays as a whole: ${needRestart.join(', ')} can only change with a restart`,
    )
    return 'refused'
  }
  const changed = [...settings, ...refresh()]
  if (changed.length === 0) {
    log.info(audit, 'the configuration says the same as before')
    return 'unchanged'
  }
  if (settings.length > 0) runtime.reload(loaded.config)
  for (const warning of loaded.warnings) log.warn(warning)
  log.info({ ...audit, changed }, `the configuration was reloaded: ${changed.join(', ')}`)
  return 'reloaded'
}
