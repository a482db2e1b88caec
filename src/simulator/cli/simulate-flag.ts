/** Parses the values of the flags of `simulate`. */
import type { SimulateFlag, SimulateFlagKind } from './flags.js'
import { parseDuration } from '../../config/units.js'
import { CommandError, EXIT } from '../../cli/context.js'

/** Throws CommandError with the expected form for an invalid value. */
export function parseSimulateFlag(row: SimulateFlag, raw: string | boolean): unknown {
  const { flag, kind, choices = [] } = row
  const value = valueKinds[kind].parse(String(raw), choices)
  if (value === undefined) {
    const expected = valueKinds[kind].expected(choices)
    throw new CommandError(
      `${flag.split(' ', 1)[0]}: expected ${expected}, got "${raw}"`,
      EXIT.usage,
    )
  }
  return value
}

interface ValueKind {
  readonly parse: (text: string, choices: readonly string[]) => unknown
  readonly expected: (choices: readonly string[]) => string
}

const valueKinds: Readonly<Record<SimulateFlagKind, ValueKind>> = {
  integer: {
    parse: (text) => (/^\d{1,15}$/u.test(text) ? Number(text) : undefined),
    expected: () => 'a whole number',
  },
  share: {
    parse: (text) => (/^(?:0(?:\.\d{1,9})?|1)$/u.test(text) ? Number(text) : undefined),
    expected: () => 'a share from 0 to 1',
  },
  duration: { parse: milliseconds, expected: () => 'a duration such as 500ms, 2s or 1m' },
  'duration-range': {
    parse(text) {
      const [min, max = min, ...more] = text.split(',').map(milliseconds)
      return min === undefined || max === undefined || more.length > 0 ? undefined : [min, max]
    },
    expected: () => 'one or two durations, such as 50ms,200ms',
  },
  boolean: {
    parse: (text) => ({ true: true, yes: true, false: false, no: false })[text],
    expected: () => 'true or false',
  },
  choice: {
    parse: (text, choices) => (choices.includes(text) ? text : undefined),
    expected: (choices) => `one of ${choices.join(', ')}`,
  },
  list: {
    parse(text, choices) {
      const words = text === '' ? [] : text.split(',')
      return words.every((word) => choices.includes(word)) ? words : undefined
    },
    expected: (choices) => `some of ${choices.join(', ')}, with commas in between`,
  },
  string: { parse: (text) => text, expected: () => 'text' },
}

/** Plain numbers are milliseconds here. */
function milliseconds(text: string): number | undefined {
  return /^\d{1,15}$/u.test(text) ? Number(text) : parseDuration(text)
}
