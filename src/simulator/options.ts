/** All options of the simulator, with their defaults. Undocumented behaviour: dialects/variants.ts. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { SimulatedAccount } from './accounts.js'
import { variantsOf, type DialectName } from './dialects/dialects.js'
import {
  variantDefaults,
  type SimulatorVariants,
  type VariantSettings,
} from './dialects/variants.js'

export const minuteKinds = ['sliding', 'fixed', 'bucket'] as const
/** How a minute is counted: the last 60 s, clock minutes, or a bucket that drains evenly. */
export type MinuteKind = (typeof minuteKinds)[number]

/** Resolves after this many ms. Rejects when the signal aborts. */
export type Wait = (ms: number, signal: AbortSignal) => Promise<void>

export interface SimulatorOptions extends SimulatorVariants {
  /** Named sets of variants; an option that is given as well wins. Default none. */
  readonly dialects?: readonly DialectName[]
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
  /** Default: a timer. */
  readonly wait?: Wait
  /** The newest database states of each account that `states()` keeps. Default 1. */
  readonly keepStates?: number
  /** Arrivals kept in the journal. Default 200_000. */
  readonly journalMax?: number
  /** Largest request body in bytes; more is answered 413. Default 10_000_000. */
  readonly maxBodyBytes?: number
  /** PEM key and certificate: https instead of http. Default http. */
  readonly tls?: { readonly key: string | Buffer; readonly cert: string | Buffer }
}

/** The options with every default filled in. */
export type SimulatorSettings = VariantSettings &
  Required<Omit<SimulatorOptions, keyof SimulatorVariants | 'tls'>> &
  Pick<SimulatorOptions, 'tls'>

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
  wait: async (ms, signal) => {
    await sleep(ms, undefined, { signal })
  },
  keepStates: 1,
  dialects: [],
  ...variantDefaults,
} as const satisfies Omit<SimulatorSettings, 'accounts' | 'tls'>

const atLeast = {
  port: 0,
  minuteMax: 1,
  minuteWindowMs: 1,
  dayMax: 0,
  penaltyMs: 0,
  journalMax: 1,
  maxBodyBytes: 0,
  keepStates: 1,
  listLagMs: 0,
  writeLagMs: 0,
  earlyHeadersMs: 0,
  lateWriteShare: 0,
  lateWriteMs: 0,
} as const

/** Adds the dialects and the defaults. Throws TypeError for a value out of its bounds. */
export function settingsFrom(
  options: SimulatorOptions,
  accounts: readonly SimulatedAccount[],
): SimulatorSettings {
  const given = Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  )
  const dialect = variantsOf(options.dialects ?? [])
  const settings: SimulatorSettings = { ...simulatorDefaults, accounts, ...dialect, ...given }
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
