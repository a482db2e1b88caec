/**
 * Behaviour that the public documentation of Intervals leaves open, or that only public client code
 * shows. Each member is an option with a default; a client has to work under all values.
 */
import type { ResourceName } from '../rows/resource-names.js'

/** Order of the rows of a list without `sortfield`. `changed`: the last changed row first. */
export const listOrders = ['id', 'newest', 'changed'] as const
export type ListOrder = (typeof listOrders)[number]

export const idListMeanings = [
  ...(['all', 'ignored', 'refused', 'reordered', 'truncated', 'unanswered'] as const),
] as const
/**
 * Meaning of a filter with several ids, `projectid=3,5,11`: rows of `all` of them (documented); the
 * filter is `ignored`; code 18 (`refused`); the rows are in the order of the ids in the query
 * (`reordered`); only the first half of the ids counts (`truncated`); there is never an answer.
 */
export type IdListMeaning = (typeof idListMeanings)[number]

/** Form of answers. */
export interface AnswerVariants {
  /** Type of the envelope's `personid` and `code`; `number` was seen until 2022. Default `string`. */
  readonly looseNumbers?: 'string' | 'number'
  /** Type of ids in JSON rows. Default `string`. */
  readonly idType?: 'string' | 'number'
  /** Rows leave out fields that are null or empty. Default false. */
  readonly omitEmpty?: boolean
  /** Member of `/quota/` that names the day. Default `next_reset` (2026); older is `business_day`. */
  readonly quotaStyle?: 'next_reset' | 'business_day'
  /** Form of `time.date`: `us` is m/d/Y as until 2017. Default `iso`. */
  readonly timeDate?: 'iso' | 'us'
  /** Where an XML answer carries personid, status, code and listcount. Default `elements`. */
  readonly xmlEnvelope?: 'elements' | 'attributes'
  /** Member of an error body with Intervals' own code. Default `error.code`. */
  readonly apiCodeAt?: 'error.code' | 'error.number' | 'message'
  /** Errors with `error.verbose.value`: all, or only those with a detail. Default `always`. */
  readonly errorVerbose?: 'always' | 'with-detail'
  /** Errors sent with HTTP status 200; the envelope still has the error. Default `none`. */
  readonly errorsAs200?: 'none' | 'limits' | 'all'
}

/** Lists. */
export interface ListVariants {
  /**
   * Fields of a list row, compared with the member: the `same` (but for the documented differences),
   * `fewer` (no long texts) or `more` (members lack the names of related rows). Default `same`.
   */
  readonly listFields?: 'same' | 'fewer' | 'more'
  /** Characters that a text of a list row is cut to. Default: not cut. */
  readonly listTextMax?: number
  /** Lists show the rows as they were this long ago; members do not. ms, default 0. */
  readonly listLagMs?: number
  /** Default `matches`: the number of matches of all pages. `page`: of this page. */
  readonly listcount?: 'matches' | 'page' | 'absent'
  /** Larger limits mean this one, silently. Default: none. */
  readonly limitMax?: number
  /** Meaning of `limit=0`. Default `all`. */
  readonly limitZero?: 'all' | 'none'
  /** Default `id`. */
  readonly listOrder?: ListOrder
  /** Order of a list that selects several ids. Default `id`. */
  readonly severalIdsOrder?: ListOrder
  /** Default `all`. */
  readonly idLists?: IdListMeaning
  /** Documented and default: `refused` with code 17. */
  readonly unknownFilters?: 'refused' | 'ignored'
  /** `/milestonenote/` requires the filter milestoneid, as documented. Default true. */
  readonly milestonenoteFilter?: boolean
}

/** Writes: when they take effect, and on what. */
export interface WriteVariants {
  /** Reads show a write this long after it was executed. ms, default 0. */
  readonly writeLagMs?: number
  /** The headers of a write's answer are sent this long before the change; the body follows it. ms, default 0. */
  readonly earlyHeadersMs?: number
  /** Share of writes (0 to 1) that are never answered and take effect after `lateWriteMs`. Default 0. */
  readonly lateWriteShare?: number
  /** See `lateWriteShare`. ms, default 60_000. */
  readonly lateWriteMs?: number
  /** A deletion also deletes dependent rows; otherwise their references become null. Default true. */
  readonly deleteCascade?: boolean
  /** A time entry updates `datemodified` of its task, whose sums it changes. Default false. */
  readonly sumsModify?: boolean
  /** PUT /me/ changes the caller's own row of `person`. Documented and default: false. */
  readonly meWrites?: boolean
  /** Effect of `{"stop": true}` on a timer, as one client sends it. Default `refused`: code 17. */
  readonly timerStop?: 'refused' | 'stops' | 'logs-time'
  /** Resources that are documented as read-only and that an administrator may write. Default none. */
  readonly extraWrites?: readonly ResourceName[]
  /** `DELETE /projectteam/?projectid=&personid=` works without a body, as one client sends it. Default true. */
  readonly teamByQuery?: boolean
  /** Filters and bodies accept 1 and 0 for t and f, as one client sends them. Default true. */
  readonly numericFlags?: boolean
}

/** Header fields and transport. */
export interface HeaderVariants {
  /** Format when the request has no `Accept`. Default `xml`. */
  readonly absentAccept?: 'xml' | 'json'
  /** Format when `Accept` names neither JSON nor XML nor a wildcard. Default `json`. */
  readonly unknownAccept?: 'xml' | 'json'
  /** Content-Type of JSON and XML answers: the `exact` one, another one, or none. Default `exact`. */
  readonly contentType?: 'exact' | 'text/html' | 'text/plain' | 'absent'
  /** Add `; charset=utf-8` to the content type. Default false. */
  readonly contentTypeCharset?: boolean
  /** Send the headers of a PHP session: no-store, Pragma, an Expires of 1981, PHPSESSID. Default false. */
  readonly phpSession?: boolean
  /** `Vary` of every answer, such as `User-Agent`. Default: none is sent. */
  readonly vary?: string
  /** `Cache-Control` of every answer. Default: none is sent. */
  readonly cacheControl?: string
  /** Further header fields of every answer, such as `set-cookie`. Default none. */
  readonly extraHeaders?: Readonly<Record<string, string>>
  /** Send `WWW-Authenticate` with a 401. Default true. */
  readonly wwwAuthenticate?: boolean
  /** Compress when `Accept-Encoding` allows gzip. Default false. */
  readonly gzip?: boolean
  /** HEAD is refused with code 16, or answered as GET without the body. Default `refused`. */
  readonly headRequests?: 'refused' | 'answered'
  /** Redirect (301) a GET whose path lacks the trailing slash. Default false. */
  readonly trailingSlashRedirect?: boolean
  /** Send the number of changes before this answer as `simulator-changes`. Default false. */
  readonly changesHeader?: boolean
}

export interface SimulatorVariants
  extends AnswerVariants, ListVariants, WriteVariants, HeaderVariants {}

/** Variants without a default: the answer then has no such header, and a list no such bound. */
type OptionalVariants = 'cacheControl' | 'vary' | 'limitMax' | 'listTextMax'

export type VariantSettings = Required<Omit<SimulatorVariants, OptionalVariants>> &
  Pick<SimulatorVariants, OptionalVariants>

export const variantDefaults = {
  looseNumbers: 'string',
  idType: 'string',
  omitEmpty: false,
  quotaStyle: 'next_reset',
  timeDate: 'iso',
  xmlEnvelope: 'elements',
  apiCodeAt: 'error.code',
  errorVerbose: 'always',
  errorsAs200: 'none',
  listFields: 'same',
  listLagMs: 0,
  listcount: 'matches',
  limitZero: 'all',
  listOrder: 'id',
  severalIdsOrder: 'id',
  idLists: 'all',
  unknownFilters: 'refused',
  milestonenoteFilter: true,
  writeLagMs: 0,
  earlyHeadersMs: 0,
  lateWriteShare: 0,
  lateWriteMs: 60_000,
  deleteCascade: true,
  sumsModify: false,
  meWrites: false,
  timerStop: 'refused',
  extraWrites: [],
  teamByQuery: true,
  numericFlags: true,
  absentAccept: 'xml',
  unknownAccept: 'json',
  contentType: 'exact',
  contentTypeCharset: false,
  phpSession: false,
  extraHeaders: {},
  wwwAuthenticate: true,
  gzip: false,
  headRequests: 'refused',
  trailingSlashRedirect: false,
  changesHeader: false,
} as const satisfies VariantSettings
