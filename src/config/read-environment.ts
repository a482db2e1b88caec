/** Settings from the environment: every INTERVALS_PROXY_* variable has to be a known one. */
import { checkText, toReading, type Entry, type Reading } from './check-value.js'
import { nearest } from './nearest.js'
import { problemAt, type Problem } from './config-problem.js'
import { SETTINGS } from './settings.js'

const PREFIX = 'INTERVALS_PROXY_'

/** The variable that names the configuration file. */
export const CONFIG_VARIABLE = `${PREFIX}CONFIG`

/** Read what `env` says about settings. */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): Reading {
  return toReading(
    Object.entries(env)
      .filter(([name]) => name.startsWith(PREFIX))
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .flatMap(([name, value]) => (value === undefined ? [] : readVariable(name, value))),
  )
}

function readVariable(name: string, value: string): (Entry | Problem)[] {
  const origin = { source: 'environment', name }
  const setting = SETTINGS.find(({ keyword }) => keyword.variable === name)
  if (setting === undefined && name !== CONFIG_VARIABLE) {
    const meant = nearest(name.slice(PREFIX.length), knownNames())
    return [
      problemAt(origin, {
        message: 'unknown variable',
        ...(meant === undefined ? {} : { nearest: PREFIX + meant }),
      }),
    ]
  }
  if (value === '') {
    const expected = setting?.keyword.expected ?? 'the path of a configuration file'
    return [
      problemAt(origin, {
        ...(setting === undefined ? {} : { setting: setting.key }),
        expected,
        message: `is empty: unset it, or set it to ${expected}`,
      }),
    ]
  }
  return setting === undefined ? [] : [checkText(setting, value, origin)]
}

function knownNames(): string[] {
  const variables = SETTINGS.flatMap(({ keyword }) => keyword.variable ?? [])
  return [CONFIG_VARIABLE, ...variables].map((name) => name.slice(PREFIX.length))
}
