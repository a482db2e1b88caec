/** Parses the values of the flags of `simulate`. */
import type { SimulateFlag } from './flags.js'
import { parseDuration } from '../../config/units.js'
import { CommandError, EXIT } from '../../cli/context.js'

/** Throws CommandError with the expected form for an invalid value. */
export function parseSimulateFlag(row: SimulateFlag, raw: string | boolean): unknown {
  const value = parse(row, String(raw))
  if (value === undefined) {
    const name = row.flag.split(' ', 1)[0]
    throw new CommandError(`${name}: expected ${expectedBy(row)}, got "${raw}"`, EXIT.usage)
  }
  return value
}

function parse({ kind, choices = [] }: SimulateFlag, text: string): unknown {
  switch (kind) {
    case 'integer':
      return /^\d{1,15}$/u.test(text) ? Number(text) : undefined
    case 'share':
      return /^(?:0(?:\.\d{1,9})?|1)$/u.test(text) ? Number(text) : undefined
    case 'duration':
      return milliseconds(text)
    case 'duration-range': {
      const [min, max = min, ...more] = text.split(',').map(milliseconds)
      return min === undefined || max === undefined || more.length > 0 ? undefined : [min, max]
    }
    case 'boolean':
      return { true: true, yes: true, false: false, no: false }[text]
    case 'choice':
      return choices.includes(text) ? text : undefined
    case 'list': {
      const words = text === '' ? [] : text.split(',')
      return words.every((word) => choices.includes(word)) ? words : undefined
    }
    case 'string':
      return text
    default:
      return kind satisfies never
  }
}

/** Plain numbers are milliseconds here. */
function milliseconds(text: string): number | undefined {
  return /^\d{1,15}$/u.test(text) ? Number(text) : parseDuration(text)
}

function expectedBy({ kind, choices = [] }: SimulateFlag): string {
  switch (kind) {
    case 'integer':
      return 'a whole number'
    case 'share':
      return 'a share from 0 to 1'
    case 'duration':
      return 'a duration such as 500ms, 2s or 1m'
    case 'duration-range':
      return 'one or two durations, such as 50ms,200ms'
    case 'boolean':
      return 'true or false'
    case 'choice':
      return `one of ${choices.join(', ')}`
    case 'list':
      return `some of ${choices.join(', ')}, with commas in between`
    case 'string':
      return 'text'
    default:
      return kind satisfies never
  }
}
