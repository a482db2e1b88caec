/**
 * Every option of the simulator, with its default. What the public documentation of Intervals
 * leaves open is a variant here: a caller has to be right under either answer.
 */
import type { SimulatedAccount } from './accounts.js'
import type { ResourceName } from './rows/resource-names.js'

export const minuteKinds = ['sliding', 'fixed', 'bucket'] as const
/** How a minute is counted: the newest 60 s, clock minutes, or a bucket that drains evenly. */
export type MinuteKind = (typeof minuteKinds)[number]

/** What the public documentation does not say. Each member names its default. */
export interface SimulatorVariants {
  /** Type of the envelope's `personid` and `code`; `number` was seen until 2022. Default `string`. */
  readonly looseNumbers?: 'string' | 'number'
  /** Member of `/quota/` that names the day. Default `next_reset` (2026); older is `business_day`. */
  readonly quotaStyle?: 'next_reset' | 'business_day'
  /** Format when the request has no `Accept`. Default `xml`. */
  readonly absentAccept?: 'xml' | 'json'
  /** Format when `Accept` names neither JSON nor XML nor a wildcard. Default `json`. */
  readonly unknownAccept?: 'xml' | 'json'
  /** Send `WWW-Authenticate` with a 401. Default true. */
  readonly wwwAuthenticate?: boolean
  /** Where an error body carries the API's own code. Default `error.code`. */
  readonly apiCodeAt?: 'error.code' | 'error.number' | 'message'
  /** Where an XML answer carries personid, status, code and listcount. Default `elements`. */
  readonly xmlEnvelope?: 'elements' | 'attributes'
  /** What `limit=0` gives. Default `all`. */
  readonly limitZero?: 'all' | 'none'
  /** Compress when `Accept-Encoding` allows gzip. Default false. */
  readonly gzip?: boolean
  /** `Cache-Control` of every answer. Default: none is sent. */
  readonly cacheControl?: string
  /** Further header fields of every answer, such as `set-cookie`. Default none. */
  readonly extraHeaders?: Readonly<Record<string, string>>
  /** Add `; charset=utf-8` to the content type. Default false. */
  readonly contentTypeCharset?: boolean
  /** A deletion takes what belongs to the row with it; otherwise the references become null. Default true. */
  readonly deleteCascade?: boolean
  /** Redirect (301) a GET whose path lacks the last slash. Default false. */
  readonly trailingSlashRedirect?: boolean
  /** Form of `time.date`: `us` is m/d/Y as until 2017. Default `iso`. */
  readonly timeDate?: 'iso' | 'us'
  /** Say in every answer, as `simulator-changes`, how many changes there were when it was made. Default false. */
  readonly changesHeader?: boolean
  /** Resources that the documents call read-only, yet an administrator may write. Default none. */
  readonly extraWrites?: readonly ResourceName[]
}

export interface SimulatorOptions extends SimulatorVariants {
  /** TCP port. Default 0: any free one. */
  readonly port?: number
  /** Address to listen on. Default 127.0.0.1. */
  readonly host?: string
  /** Seed of the data set and of everything random. Default 1. */
  readonly seed?: number
  /** Tenants. Default: `agency` (large) and `studio` (small), see accounts.ts. */
  readonly accounts?: readonly SimulatedAccount[]
  /** Last day of the seeded data, YYYY-MM-DD. Default 2026-06-30, so that answers never vary. */
  readonly today?: string
  /** Requests a minute for the whole simulator, which counts as one IP. Default 100. */
  readonly minuteMax?: number
  /** Length of that minute in ms. Default 60_000. */
  readonly minuteWindowMs?: number
  /** Ways of counting that are enforced, all at once. Default `['sliding']`. */
  readonly minuteKinds?: readonly MinuteKind[]
  /** Requests a day (GMT) and account. Default 6000. */
  readonly dayMax?: number
  /** Everything is refused for this long after a code 12, in ms. Default 0. */
  readonly penaltyMs?: number
  /** A request refused during the penalty starts the penalty anew. Default false. */
  readonly penaltyProlongs?: boolean
  /** `/quota/` is counted in the minute. Default true. */
  readonly quotaCountsToMinute?: boolean
  /** A refused request is counted in the minute it was refused in. Default true. */
  readonly refusedCountsToMinute?: boolean
  /** A refused request is counted in the day of its account. Default false. */
  readonly refusedCountsToDay?: boolean
  /** Wait between counting and answering, ms, drawn by seed. Default [0, 0]. */
  readonly latencyMs?: readonly [min: number, max: number]
  /** Monotonic clock, ms. Default performance.now. */
  readonly monotonicNow?: () => number
  /** Epoch ms: midnight, datemodified, running timers. Default Date.now. */
  readonly wallNow?: () => number
  /** Arrivals kept in the journal. Default 200_000. */
  readonly journalMax?: number
  /** Largest request body in bytes; more is answered 413. Default 10_000_000. */
  readonly maxBodyBytes?: number
  /** PEM key and certificate: https instead of http. Default http. */
  readonly tls?: { readonly key: string | Buffer; readonly cert: string | Buffer }
}

/** The options with every default filled in. */
export type SimulatorSettings = Required<Omit<SimulatorOptions, 'cacheControl' | 'tls'>> &
  Pick<SimulatorOptions, 'cacheControl' | 'tls'>

export const simulatorDefaults = {
  port: 0,
  host: '127.0.0.1',
  seed: 1,
  today: '2026-06-30',
  minuteMax: 100,
  minuteWindowMs: 60_000,
  minuteKinds: ['sliding'],
  dayMax: 6000,
  penaltyMs: 0,
  penaltyProlongs: false,
  quotaCountsToMinute: true,
  refusedCountsToMinute: true,
  refusedCountsToDay: false,
  latencyMs: [0, 0],
  monotonicNow: () => performance.now(),
  wallNow: () => Date.now(),
  journalMax: 200_000,
  maxBodyBytes: 10_000_000,
  looseNumbers: 'string',
  quotaStyle: 'next_reset',
  absentAccept: 'xml',
  unknownAccept: 'json',
  wwwAuthenticate: true,
  apiCodeAt: 'error.code',
  xmlEnvelope: 'elements',
  limitZero: 'all',
  gzip: false,
  extraHeaders: {},
  contentTypeCharset: false,
  deleteCascade: true,
  trailingSlashRedirect: false,
  timeDate: 'iso',
  changesHeader: false,
  extraWrites: [],
} as const satisfies Omit<SimulatorSettings, 'accounts' | 'cacheControl' | 'tls'>

const atLeast = {
  port: 0,
  minuteMax: 1,
  minuteWindowMs: 1,
  dayMax: 0,
  penaltyMs: 0,
  journalMax: 1,
  maxBodyBytes: 0,
} as const

/** Fills in the defaults. Throws TypeError for a number out of its bounds. */
export function settingsFrom(
  options: SimulatorOptions,
  accounts: readonly SimulatedAccount[],
): SimulatorSettings {
  const given = Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  )
  const settings: SimulatorSettings = { ...simulatorDefaults, accounts, ...given }
  for (const [name, minimum] of Object.entries(atLeast)) {
    const value = settings[name as keyof typeof atLeast]
    if (!(value >= minimum)) {
      throw new TypeError(`Expected \`${name}\` to be at least ${minimum}, got ${value}`)
    }
  }
  const [min, max] = settings.latencyMs
  if (!(min >= 0 && max >= min)) {
    throw new TypeError(`Expected \`latencyMs\` to be [min, max], got [${min}, ${max}]`)
  }
  if (!/^\d{4}-\d\d-\d\d$/.test(settings.today)) {
    throw new TypeError(`Expected \`today\` to be YYYY-MM-DD, got ${settings.today}`)
  }
  return settings
}
