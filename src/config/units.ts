/**
 * Durations and sizes as people write them, and back.
 *
 * Parsers return undefined for anything that is not a whole number of milliseconds or bytes below
 * 2^53; they never guess. Formatters choose the largest unit that loses nothing.
 */

const DURATION_UNITS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const
const SIZE_UNITS = { TiB: 2 ** 40, GiB: 2 ** 30, MiB: 2 ** 20, KiB: 2 ** 10, B: 1 } as const

/** What a written duration looks like, such as `500ms 30s 1.5m 24h 7d`; also for the JSON Schema. */
export const DURATION_PATTERN = '^\\d{1,16}(\\.\\d{1,3})?(ms|s|m|h|d)$'

/** What a written size looks like, such as `64KiB 1.5MiB 1GiB 512B 512`; also for the JSON Schema. */
export const SIZE_PATTERN = '^\\d{1,16}(\\.\\d{1,3})?(B|KiB|MiB|GiB|TiB)?$'

/** Milliseconds of `500ms`, `30s`, `1.5m`, `24h` or `7d`; undefined if it is not a duration. */
export function parseDuration(text: string): number | undefined {
  return new RegExp(DURATION_PATTERN, 'u').test(text) ? parse(text, DURATION_UNITS) : undefined
}

/** Bytes of `64KiB`, `1.5MiB`, `512B` or `512`; undefined if it is not a size. */
export function parseSize(text: string): number | undefined {
  return new RegExp(SIZE_PATTERN, 'u').test(text) ? parse(text, SIZE_UNITS) : undefined
}

/** `90000` milliseconds is `90s`. */
export function formatDuration(milliseconds: number): string {
  return format(milliseconds, DURATION_UNITS, 'ms')
}

/** `65536` bytes is `64KiB`. */
export function formatSize(bytes: number): string {
  return format(bytes, SIZE_UNITS, 'B')
}

/** Units as people also write them: `256MB` was meant as `256MiB`, `30 sec` as `30s`. */
const OTHER_UNITS: readonly (readonly [RegExp, string])[] = [
  [/^([kmgt])(?:i?b)?$/iu, 'iB'],
  [/^b(?:ytes?)?$/iu, 'B'],
  [/^ms(?:ecs?)?$|^milliseconds?$/iu, 'ms'],
  [/^s(?:ecs?)?$|^seconds?$/iu, 's'],
  [/^min(?:ute)?s?$/iu, 'm'],
  [/^(?:h|hrs?|hours?)$/iu, 'h'],
  [/^d(?:ays?)?$/iu, 'd'],
]

/** The text with the unit that is probably meant; undefined if no unit is like it. */
export function withKnownUnit(text: string): string | undefined {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/iu.exec(text.trim()) ?? []
  for (const [like, known] of OTHER_UNITS) {
    const match = like.exec(unit)
    if (match !== null) return `${number}${match[1]?.toUpperCase() ?? ''}${known}`
  }
  return undefined
}

function parse(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const [, whole = '', decimals = '', unit = ''] = /^(\d+)\.?(\d*)(\D*)$/u.exec(text) ?? []
  const factor = unit === '' ? 1 : (units[unit] ?? Number.NaN)
  // In whole numbers all the way: 1.001 * 1000 is not 1001, and a large sum swallows a fraction.
  const thousandths = Number(decimals.padEnd(3, '0')) * factor
  const value = Number(whole) * factor + thousandths / 1000
  return thousandths % 1000 === 0 && Number.isSafeInteger(value) ? value : undefined
}

function format(value: number, units: Readonly<Record<string, number>>, smallest: string): string {
  const unit = Object.entries(units).find(([, size]) => value !== 0 && value % size === 0)
  return unit === undefined ? `${value}${smallest}` : `${value / unit[1]}${unit[0]}`
}
