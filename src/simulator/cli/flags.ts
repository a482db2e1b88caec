/** The flags of `intervals-proxy simulate`. */
import { minuteKinds, simulatorDefaults, type SimulatorOptions } from '../options.js'

/**
 * - `integer`: a whole number; `duration`: ms, also `500ms`, `2s`, `1m`.
 * - `duration-range`: one or two durations with a comma, for [min, max].
 * - `boolean`: the flag alone means true, `false` or `no` false; `choice`: one of `choices`.
 * - `list`: some of `choices`, separated by commas; `string`: any text.
 */
export type SimulateFlagKind =
  'integer' | 'duration' | 'duration-range' | 'boolean' | 'choice' | 'list' | 'string'

export interface SimulateFlag {
  /** In commander's syntax. */
  readonly flag: string
  readonly description: string
  readonly option: keyof SimulatorOptions
  readonly kind: SimulateFlagKind
  readonly choices?: readonly string[]
  /** The default as written on the command line. */
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
  ['--port <n>', 'port', 'integer', 'TCP port; 0 means any free port'],
  ['--host <address>', 'host', 'string', 'address to listen on'],
  ['--seed <n>', 'seed', 'integer', 'seed of the data and of all random choices'],
  ['--today <date>', 'today', 'string', 'last day of the seeded data, YYYY-MM-DD'],
  ['--minute-max <n>', 'minuteMax', 'integer', 'requests per minute'],
  ['--minute-window <duration>', 'minuteWindowMs', 'duration', 'length of the minute'],
  [
    '--minute-kinds <list>',
    'minuteKinds',
    'list',
    'how a minute is counted; all are enforced',
    minuteKinds,
  ],
  ['--day-max <n>', 'dayMax', 'integer', 'requests per day and account'],
  [
    '--penalty <duration>',
    'penaltyMs',
    'duration',
    'refuse every request for this long after a code 12',
  ],
  [
    '--penalty-prolongs [bool]',
    'penaltyProlongs',
    'boolean',
    'a refused request restarts the penalty',
  ],
  ['--quota-counts [bool]', 'quotaCountsToMinute', 'boolean', 'count /quota/ in the minute'],
  [
    '--refused-counts-minute [bool]',
    ...(['refusedCountsToMinute', 'boolean', 'count refused requests in the minute'] as const),
  ],
  [
    '--refused-counts-day [bool]',
    ...(['refusedCountsToDay', 'boolean', 'count refused requests in the day'] as const),
  ],
  ['--latency <range>', 'latencyMs', 'duration-range', 'delay of each answer, such as 50ms,200ms'],
  ['--journal-max <n>', 'journalMax', 'integer', 'arrivals kept in the journal'],
  ['--max-body-bytes <n>', 'maxBodyBytes', 'integer', 'largest request body'],
  [
    '--loose-numbers <type>',
    ...(['looseNumbers', 'choice', 'type of personid and code', ['string', 'number']] as const),
  ],
  [
    '--quota-style <style>',
    ...([
      'quotaStyle',
      'choice',
      'member of /quota/ with the day',
      ['next_reset', 'business_day'],
    ] as const),
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
    'member of an error with its code',
    ['error.code', 'error.number', 'message'],
  ],
  [
    '--xml-envelope <style>',
    ...(['xmlEnvelope', 'choice', 'envelope in XML', ['elements', 'attributes']] as const),
  ],
  ['--limit-zero <meaning>', 'limitZero', 'choice', 'meaning of limit=0', ['all', 'none']],
  ['--gzip [bool]', 'gzip', 'boolean', 'compress if Accept-Encoding allows it'],
  ['--cache-control <value>', 'cacheControl', 'string', 'Cache-Control of every answer'],
  ['--content-type-charset [bool]', 'contentTypeCharset', 'boolean', 'add charset=utf-8'],
  ['--delete-cascade [bool]', 'deleteCascade', 'boolean', 'a deletion also deletes dependent rows'],
  [
    '--trailing-slash-redirect [bool]',
    'trailingSlashRedirect',
    'boolean',
    'redirect a GET to the path with a trailing slash',
  ],
  [
    '--changes-header [bool]',
    'changesHeader',
    'boolean',
    'send the number of changes as Simulator-Changes',
  ],
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
    const text = defaultText(defaults[option], kind)
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

function defaultText(value: unknown, kind: SimulateFlagKind): string {
  if (Array.isArray(value)) return value.map((member) => defaultText(member, kind)).join(',')
  if (typeof value === 'number' && kind.startsWith('duration')) return durationText(value)
  const isPlain =
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
  return isPlain ? String(value) : ''
}

function durationText(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`
}
