/** The flags of `intervals-proxy simulate`. */
import { dialectNames } from '../dialects/dialects.js'
import { idListMeanings, listOrders } from '../dialects/variants.js'
import { minuteKinds, simulatorDefaults, type SimulatorOptions } from '../options.js'

/**
 * - `integer`: a whole number; `share`: 0 to 1; `duration`: ms, also `500ms`, `2s`, `1m`.
 * - `duration-range`: one or two durations with a comma, for [min, max].
 * - `boolean`: the flag alone means true, `false` or `no` false; `choice`: one of `choices`.
 * - `list`: some of `choices`, separated by commas; `string`: any text.
 */
export type SimulateFlagKind =
  'integer' | 'share' | 'duration' | 'duration-range' | 'boolean' | 'choice' | 'list' | 'string'

export interface SimulateFlag {
  /** Heading in the help. */
  readonly group: string
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
  option: Exclude<
    keyof SimulatorOptions,
    'accounts' | 'tls' | 'monotonicNow' | 'wallNow' | 'wait' | 'extraHeaders' | 'keepStates'
  >,
  kind: SimulateFlagKind,
  description: string,
  choices?: readonly string[],
]

const numberTypes = ['string', 'number'] as const
const quotaStyles = ['next_reset', 'business_day'] as const
const envelopeStyles = ['elements', 'attributes'] as const
const codeAt = ['error.code', 'error.number', 'message'] as const
const verbose = ['always', 'with-detail'] as const
const as200 = ['none', 'limits', 'all'] as const
const listFields = ['same', 'fewer', 'more'] as const
const listcounts = ['matches', 'page', 'absent'] as const
const unknownFilters = ['refused', 'ignored'] as const
const timerStops = ['refused', 'stops', 'logs-time'] as const
const extraWrites = ['module', 'worktype', 'projectlabel', 'document', 'tasklistfilter'] as const
const headRequests = ['refused', 'answered'] as const
const formats = ['json', 'xml'] as const
const contentTypes = ['exact', 'text/html', 'text/plain', 'absent'] as const

/** By the heading in the help. */
const groups: Readonly<Record<string, readonly Row[]>> = {
  'Server and data:': [
    ['--port <n>', 'port', 'integer', 'TCP port; 0 means any free port'],
    ['--host <address>', 'host', 'string', 'address to listen on'],
    ['--seed <n>', 'seed', 'integer', 'seed of the data and of all random choices'],
    ['--today <date>', 'today', 'string', 'last day of the seeded data, YYYY-MM-DD'],
    ['--latency <range>', 'latencyMs', 'duration-range', 'delay of each answer: 50ms,200ms'],
    ['--journal-max <n>', 'journalMax', 'integer', 'arrivals kept in the journal'],
    ['--max-body-bytes <n>', 'maxBodyBytes', 'integer', 'largest request body'],
  ],
  'Limits:': [
    ['--minute-max <n>', 'minuteMax', 'integer', 'requests per minute'],
    ['--minute-window <duration>', 'minuteWindowMs', 'duration', 'length of the minute'],
    ['--minute-kinds <list>', 'minuteKinds', 'list', 'how a minute is counted', minuteKinds],
    ['--day-max <n>', 'dayMax', 'integer', 'requests per day and account'],
    ['--penalty <duration>', 'penaltyMs', 'duration', 'refuse all for this long after a code 12'],
    ['--penalty-prolongs [bool]', 'penaltyProlongs', 'boolean', 'a refusal restarts the penalty'],
    ['--quota-counts [bool]', 'quotaCountsToMinute', 'boolean', 'count /quota/ in the minute'],
    ['--refused-counts-minute [bool]', 'refusedCountsToMinute', 'boolean', 'count refusals in it'],
    ['--refused-counts-day [bool]', 'refusedCountsToDay', 'boolean', 'count refusals in the day'],
  ],
  'Undocumented behaviour, in named sets:': [
    ['--dialect <list>', 'dialects', 'list', 'ways to differ, combined', dialectNames],
  ],
  'Undocumented behaviour of answers:': [
    ['--loose-numbers <type>', 'looseNumbers', 'choice', 'personid and code', numberTypes],
    ['--id-type <type>', 'idType', 'choice', 'ids in JSON rows', numberTypes],
    ['--omit-empty [bool]', 'omitEmpty', 'boolean', 'leave out null and empty fields'],
    ['--quota-style <style>', 'quotaStyle', 'choice', 'the day in /quota/', quotaStyles],
    ['--time-date <form>', 'timeDate', 'choice', 'form of time.date', ['iso', 'us']],
    ['--xml-envelope <style>', 'xmlEnvelope', 'choice', 'envelope in XML', envelopeStyles],
    ['--api-code-at <member>', 'apiCodeAt', 'choice', 'member of an error with its code', codeAt],
    ['--error-verbose <which>', 'errorVerbose', 'choice', 'errors with verbose.value', verbose],
    ['--errors-as-200 <which>', 'errorsAs200', 'choice', 'errors sent with status 200', as200],
  ],
  'Undocumented behaviour of lists:': [
    ['--list-fields <which>', 'listFields', 'choice', 'fields of list rows', listFields],
    ['--list-text-max <n>', 'listTextMax', 'integer', 'cut texts of list rows to n characters'],
    ['--list-lag <duration>', 'listLagMs', 'duration', 'lists show the rows of this long ago'],
    ['--listcount <which>', 'listcount', 'choice', 'meaning of listcount', listcounts],
    ['--limit-max <n>', 'limitMax', 'integer', 'larger limits mean this one'],
    ['--limit-zero <meaning>', 'limitZero', 'choice', 'meaning of limit=0', ['all', 'none']],
    ['--list-order <order>', 'listOrder', 'choice', 'default order', listOrders],
    ['--several-ids-order <order>', 'severalIdsOrder', 'choice', 'that of several ids', listOrders],
    ['--id-lists <meaning>', 'idLists', 'choice', 'meaning of several ids', idListMeanings],
    ['--unknown-filters <how>', 'unknownFilters', 'choice', 'unknown parameters', unknownFilters],
    ['--milestonenote-filter [bool]', 'milestonenoteFilter', 'boolean', 'milestoneid is required'],
  ],
  'Undocumented behaviour of writes:': [
    ['--write-lag <duration>', 'writeLagMs', 'duration', 'reads show a write this much later'],
    ['--early-headers <duration>', 'earlyHeadersMs', 'duration', 'headers come before the change'],
    ['--late-write-share <share>', 'lateWriteShare', 'share', 'writes that are never answered'],
    ['--late-write <duration>', 'lateWriteMs', 'duration', 'when such a write takes effect'],
    ['--delete-cascade [bool]', 'deleteCascade', 'boolean', 'also delete dependent rows'],
    ['--sums-modify [bool]', 'sumsModify', 'boolean', 'time updates datemodified of its task'],
    ['--me-writes [bool]', 'meWrites', 'boolean', 'PUT /me/ changes the person'],
    ['--timer-stop <effect>', 'timerStop', 'choice', 'effect of {"stop": true}', timerStops],
    ['--extra-writes <list>', 'extraWrites', 'list', 'make these writable', extraWrites],
    ['--team-by-query [bool]', 'teamByQuery', 'boolean', 'DELETE /projectteam/ takes a query'],
    ['--numeric-flags [bool]', 'numericFlags', 'boolean', 'accept 1 and 0 for t and f'],
  ],
  'Undocumented headers:': [
    ['--absent-accept <format>', 'absentAccept', 'choice', 'format without Accept', formats],
    ['--unknown-accept <format>', 'unknownAccept', 'choice', 'format for others', formats],
    ['--content-type <type>', 'contentType', 'choice', 'type of JSON and XML', contentTypes],
    ['--content-type-charset [bool]', 'contentTypeCharset', 'boolean', 'add charset=utf-8'],
    ['--php-session [bool]', 'phpSession', 'boolean', 'send the headers of a PHP session'],
    ['--vary <fields>', 'vary', 'string', 'Vary of every answer'],
    ['--cache-control <value>', 'cacheControl', 'string', 'Cache-Control of every answer'],
    ['--www-authenticate [bool]', 'wwwAuthenticate', 'boolean', 'send WWW-Authenticate with a 401'],
    ['--gzip [bool]', 'gzip', 'boolean', 'compress if Accept-Encoding allows it'],
    ['--head-requests <how>', 'headRequests', 'choice', 'HEAD requests', headRequests],
    ['--trailing-slash-redirect [bool]', 'trailingSlashRedirect', 'boolean', 'redirect GETs to /'],
    ['--changes-header [bool]', 'changesHeader', 'boolean', 'send the number of changes'],
  ],
}

export const simulateFlags: readonly SimulateFlag[] = Object.entries(groups).flatMap(
  ([group, rows]) => rows.map((row) => flagOf(group, row)),
)

function flagOf(group: string, [flag, option, kind, description, choices]: Row): SimulateFlag {
  const defaults: Partial<Record<string, unknown>> = simulatorDefaults
  const text = defaultText(defaults[option], kind)
  return {
    group,
    flag,
    option,
    kind,
    description,
    ...(choices === undefined ? {} : { choices }),
    ...(text === '' ? {} : { defaultText: text }),
  }
}

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
