/**
 * The kinds of value a setting can have, as TypeBox schemas.
 *
 * Each takes the value as a person writes it (`30s`, `256MiB`) and decodes to the value the program
 * uses (milliseconds, bytes). What JSON Schema has no word for travels in the keyword `x-setting`.
 */
import { Type, type TSchema } from 'typebox'
import {
  DURATION_PATTERN,
  SIZE_PATTERN,
  formatDuration,
  formatSize,
  parseDuration,
  parseSize,
} from './units.js'

/** What a setting says about itself, beyond its type. */
export interface SettingOptions {
  /** What it changes, in a sentence or two: for the reference and for editors. */
  readonly description: string
  /** The value when nothing is set, as it would be written in the file. */
  readonly default?: string | number
  /** What happens without a value: the reference's words where there is no default. */
  readonly unset?: string
  /** The environment variable that overrides the file. */
  readonly variable?: string
  /** The flag of `serve` that overrides both, as commander writes it: `--host <host>`. */
  readonly flag?: string
  /** A secret is never repeated in a message. */
  readonly secret?: true
}

/** The contents of the keyword `x-setting`. */
export interface SettingKeyword extends Omit<SettingOptions, 'description' | 'default'> {
  /** What a value has to be, to be put after "expected": `an integer from 0 to 65535`. */
  readonly expected: string
}

interface Bounds<Value> {
  readonly minimum: Value
  readonly maximum: Value
}

/** Free text; `pattern` is an ECMAScript regular expression. */
export function text(options: SettingOptions, rule: { pattern: string; expected: string }) {
  return Type.String({ ...keywords(options, rule.expected), minLength: 1, pattern: rule.pattern })
}

/** A whole number. */
export function integer(options: SettingOptions, { minimum, maximum }: Bounds<number>) {
  const expected = `an integer from ${minimum} to ${maximum}`
  return Type.Integer({ ...keywords(options, expected), minimum, maximum })
}

/** A number, whole or not. */
export function fraction(options: SettingOptions, { minimum, maximum }: Bounds<number>) {
  const expected = `a number from ${minimum} to ${maximum}`
  return Type.Number({ ...keywords(options, expected), minimum, maximum })
}

/** A whole number, or `auto`. */
export function integerOrAuto(options: SettingOptions, { minimum, maximum }: Bounds<number>) {
  const expected = `auto, or an integer from ${minimum} to ${maximum}`
  return Type.Union(
    [Type.Literal('auto'), Type.Integer({ minimum, maximum })],
    keywords(options, expected),
  )
}

/** One of a closed list of words. */
export function choice<const Word extends string>(options: SettingOptions, words: readonly Word[]) {
  return Type.Enum([...words], keywords(options, `one of ${words.join(', ')}`))
}

/** A duration such as `30s`; decodes to milliseconds. */
export function duration(options: SettingOptions, { minimum, maximum }: Bounds<string>) {
  const within = range({ minimum, maximum }, parseDuration)
  const expected = `a duration from ${minimum} to ${maximum}, such as 500ms, 30s, 15m or 24h`
  const written = Type.String({ ...keywords(options, expected), pattern: DURATION_PATTERN })
  return Type.Codec(Type.Refine(written, (value) => within(parseDuration(value))))
    .Decode((value) => parseDuration(value) ?? Number.NaN)
    .Encode((value) => formatDuration(value))
}

/** A size such as `64KiB`, or plain bytes; decodes to bytes. */
export function size(options: SettingOptions, { minimum, maximum }: Bounds<string>) {
  const within = range({ minimum, maximum }, parseSize)
  const expected = `a size from ${minimum} to ${maximum}, such as 64KiB, 256MiB or 1GiB`
  const written = Type.Union(
    [Type.String({ pattern: SIZE_PATTERN }), Type.Integer({ minimum: 0 })],
    keywords(options, expected),
  )
  return Type.Codec(Type.Refine(written, (value) => within(parseSize(String(value)))))
    .Decode((value) => parseSize(String(value)) ?? Number.NaN)
    .Encode((value) => formatSize(value))
}

/** A part of a whole, such as `20%`; decodes to a number from 0 to 1. */
export function percent(options: SettingOptions) {
  const written = Type.String({
    ...keywords(options, 'a part from 0% to 100%, such as 20%'),
    pattern: '^(?:100|[0-9]{1,2}(?:\\.[0-9]{1,2})?)%$',
  })
  return Type.Codec(written)
    .Decode((value) => Number(value.slice(0, -1)) / 100)
    .Encode((value) => `${value * 100}%`)
}

/** A day such as `2027-01-31`; decodes to its first moment in UTC, epoch milliseconds. */
export function date(options: SettingOptions) {
  const written = Type.String({
    ...keywords(options, 'a day such as 2027-01-31'),
    pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$',
  })
  return Type.Codec(Type.Refine(written, (value) => isDay(value)))
    .Decode((value) => Date.parse(value))
    .Encode((value) => new Date(value).toISOString().slice(0, 10))
}

/** 2027-02-30 is read by some as the second of March. */
function isDay(written: string): boolean {
  const parsed = Date.parse(written)
  return !Number.isNaN(parsed) && new Date(parsed).toISOString().startsWith(written)
}

/** A list of texts, none of them twice. */
export function list(
  options: SettingOptions,
  rule: { readonly pattern: string; readonly expected: string; readonly maxItems: number },
) {
  const { pattern, expected, maxItems } = rule
  const item = Type.String({ minLength: 1, pattern })
  return Type.Array(item, { ...keywords(options, expected), maxItems, uniqueItems: true })
}

/** One of a few words, or a list of names. */
export function words<const Word extends string, const Name extends string>(
  options: SettingOptions,
  alone: readonly Word[],
  names: readonly Name[],
) {
  const expected = `${alone.join(', ')}, or a list of resources`
  return Type.Union(
    [Type.Enum([...alone]), Type.Array(Type.Enum([...names]), { uniqueItems: true, minItems: 1 })],
    keywords(options, expected),
  )
}

/** What the schema of a setting says in `x-setting`; undefined for a section. */
export function settingKeyword(schema: TSchema): SettingKeyword | undefined {
  return 'x-setting' in schema ? (schema['x-setting'] as SettingKeyword) : undefined
}

function keywords(options: SettingOptions, expected: string) {
  const { description, default: initial, ...rest } = options
  const setting: SettingKeyword = { ...rest, expected }
  return {
    description,
    ...(initial === undefined ? {} : { default: initial }),
    'x-setting': setting,
  }
}

function range(bounds: Bounds<string>, parse: (text: string) => number | undefined) {
  const [minimum, maximum] = [parse(bounds.minimum), parse(bounds.maximum)]
  if (minimum === undefined || maximum === undefined) {
    throw new TypeError(`bounds "${bounds.minimum}" and "${bounds.maximum}" must be readable`)
  }
  return (value: number | undefined) => value !== undefined && value >= minimum && value <= maximum
}
