/** Settings from the command line. */
import { checkText, toReading, type Reading } from './check-value.js'
import { settingAt } from './settings.js'

/** What was given on the command line, by the key of the setting: `{ 'server.port': '9000' }`. */
export type Flags = Readonly<Record<string, string>>

/** Read settings given as flags; a key that no flag has is a mistake of the program. */
export function readFlags(flags: Flags): Reading {
  return toReading(
    Object.entries(flags).map(([key, value]) => {
      const setting = settingAt(key)
      const flag = setting?.keyword.flag?.split(' ')[0]
      if (setting === undefined || flag === undefined) throw new TypeError(`no flag sets "${key}"`)
      return checkText(setting, value, { source: 'command line', name: flag })
    }),
  )
}
