/** The flags of `intervals-proxy simulate`: the command line is made from this table. */
import { minuteKinds, simulatorDefaults, type SimulatorOptions } from './options.js'

/**
 * - `integer`: a whole number; `duration`: ms, also `500ms`, `2s`, `1m`.
 * - `duration-range`: one or two durations with a comma, for [min, max].
 * - `boolean`: true by the flag alone, `false` or `no` switch off; `choice`: one of `choices`.
 * - `list`: some of `choices`, with commas; `string`: as it is.
 */
export type SimulateFlagKind =
  'integer' | 'duration' | 'duration-range' | 'boolean' | 'choice' | 'list' | 'string'

export interface SimulateFlag {
  /** As commander wants it. */
  readonly flag: string
  readonly description: string
  readonly option: keyof SimulatorOptions
  readonly kind: SimulateFlagKind
  readonly choices?: readonly string[]
  /** As it is written on the command line. */
  readonly defaultText?: string
}

type Row = readonly [
  flag: string,
  option: Exclude<keyof SimulatorOptions, 'accounts' | 'tls' | 'monotonicNow' | 'wallNow'>,
  kind: SimulateFlagKind,
  description: string,
  choices?: readonly string[],
]

const rows: readonly Row[] = [
  ['--port <n>', 'port', 'integer', 'TCP port; 0 is any free one'],
  ['--host <address>', 'host', 'string', 'address to listen on'],
  ['--seed <n>', 'seed', 'integer', 'seed of the data and of everything random'],
  ['--today <date>', 'today', 'string', 'last day of the seeded data, YYYY-MM-DD'],
  ['--minute-max <n>', 'minuteMax', 'integer', 'requests a minute'],
  ['--minute-window <duration>', 'minuteWindowMs', 'duration', 'length of that minute'],
  ['--minute-kinds <list>', 'minuteKinds', 'list', 'ways of counting, all enforced', minuteKinds],
  ['--day-max <n>', 'dayMax', 'integer', 'requests a day and account'],
  [
    '--penalty <duration>',
    'penaltyMs',
    'duration',
    'everything is refused so long after a code 12',
  ],
  ['--penalty-prolongs [bool]', 'penaltyProlongs', 'boolean', 'a refusal starts the penalty anew'],
  ['--quota-counts [bool]', 'quotaCountsToMinute', 'boolean', 'count /quota/ in the minute'],
  [
    '--refused-counts-minute [bool]',
    ...(['refusedCountsToMinute', 'boolean', 'count refused requests in the minute'] as const),
  ],
  [
    '--refused-counts-day [bool]',
    ...(['refusedCountsToDay', 'boolean', 'count refused requests in the day'] as const),
  ],
  ['--latency <range>', 'latencyMs', 'duration-range', 'wait before an answer, such as 50ms,200ms'],
  ['--journal-max <n>', 'journalMax', 'integer', 'arrivals kept in the journal'],
  ['--max-body-bytes <n>', 'maxBodyBytes', 'integer', 'largest request body'],
  [
    '--loose-numbers <type>',
    ...(['looseNumbers', 'choice', 'type of personid and code', ['string', 'number']] as const),
  ],
  [
    '--quota-style <style>',
    ...(['quotaStyle', 'choice', 'day in /quota/', ['next_reset', 'business_day']] as const),
  ],
  [
    '--absent-accept <format>',
    ...(['absentAccept', 'choice', 'format without Accept', ['xml', 'json']] as const),
  ],
  [
    '--unknown-accept <format>',
    ...(['unknownAccept', 'choice', 'format for an unknown Accept', ['json', 'xml']] as const),
  ],
  ['--www-authenticate [bool]', 'wwwAuthenticate', 'boolean', 'send WWW-Authenticate with a 401'],
  [
    '--api-code-at <member>',
    'apiCodeAt',
    'choice',
    'where an error carries its code',
    ['error.code', 'error.number', 'message'],
  ],
  [
    '--xml-envelope <style>',
    ...(['xmlEnvelope', 'choice', 'envelope in XML', ['elements', 'attributes']] as const),
  ],
  ['--limit-zero <meaning>', 'limitZero', 'choice', 'what limit=0 gives', ['all', 'none']],
  ['--gzip [bool]', 'gzip', 'boolean', 'compress when the request allows'],
  ['--cache-control <value>', 'cacheControl', 'string', 'Cache-Control of every answer'],
  ['--content-type-charset [bool]', 'contentTypeCharset', 'boolean', 'add charset=utf-8'],
  ['--delete-cascade [bool]', 'deleteCascade', 'boolean', 'deletions take along what belongs'],
  [
    '--trailing-slash-redirect [bool]',
    'trailingSlashRedirect',
    'boolean',
    'redirect to a last slash',
  ],
  ['--changes-header [bool]', 'changesHeader', 'boolean', 'say how many changes there were'],
  ['--time-date <form>', 'timeDate', 'choice', 'form of time.date', ['iso', 'us']],
  [
    '--extra-writes <list>',
    'extraWrites',
    'list',
    'read-only resources an administrator may write',
    ['module', 'worktype', 'projectlabel', 'document', 'tasklistfilter'],
  ],
]

export const simulateFlags: readonly SimulateFlag[] = rows.map(
  ([flag, option, kind, description, choices]) => {
    const defaults: Partial<Record<string, unknown>> = simulatorDefaults
    const value = defaults[option]
    const text = Array.isArray(value) ? value.join(',') : plainText(value)
    return {
      flag,
      option,
      kind,
      description,
      ...(choices === undefined ? {} : { choices }),
      ...(text === '' ? {} : { defaultText: text }),
    }
  },
)

function plainText(value: unknown): string {
  const isPlain =
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
  return isPlain ? String(value) : ''
}
