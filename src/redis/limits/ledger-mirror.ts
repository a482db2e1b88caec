/**
 * What a replica last heard of the shared ledger, on its own monotonic clock: for forecasts, for status
 * and for deciding what to ask. Nothing leaves on the strength of it.
 */

import type { Pause } from '../../limits/ledger/pause-rules.js'
import type { PauseReason } from '../../limits/ledger/types.js'

/** A pause as the script keeps it; times are epoch milliseconds of Redis. */
export interface SharedPause {
  readonly reason: PauseReason
  readonly sinceMs: number
  readonly untilMs: number | 'never'
  readonly durationMs: number | 'never'
  readonly strikes: number
  readonly detail: string
  readonly probe?: { readonly permit: string; readonly sinceMs: number }
}

/** What `/quota/` said, and how much of our own count was settled then. */
export interface SharedQuota {
  readonly epoch?: string
  readonly day?: string
  readonly max?: number
  readonly used?: number
  readonly settledAtAsk?: number
  readonly takenAtAsk?: number
  readonly reserve?: number
  readonly readAtMs?: number
  readonly quietUntilMs?: number
}

export interface SharedSlot {
  /** Which of the replicas took it. */
  readonly replica: string
  readonly credential: string
  readonly consumer: string
  readonly takenAtMs: number
  readonly freeAtMs: number
  readonly isOut: boolean
}

/** The script's `state`; its lists are flat, and an empty one may come as an object. */
export interface ScriptState {
  readonly now: number
  readonly epoch: string
  readonly isLoss: boolean
  readonly closedUntil: number
  readonly ceiling: number
  readonly slots: unknown
  readonly out: unknown
  readonly pauses: unknown
  readonly days: unknown
  readonly quota: unknown
  readonly spent?: unknown
}

const FIELD_SEPARATOR = '\n'

/** A separator and YYYY-MM-DD. */
const DAY_SUFFIX_LENGTH = 11

export const dayField = (account: string, day: string): string =>
  [account, day].join(FIELD_SEPARATOR)

export const spentField = (account: string, day: string, consumer: string): string =>
  [account, day, consumer].join(FIELD_SEPARATOR)

export class Mirror {
  epoch = ''
  isLoss = false
  closedUntilMs = 0
  ceiling: number
  slots: readonly SharedSlot[] = []
  readonly pauses = new Map<string, SharedPause>()
  readonly days = new Map<string, number>()
  readonly quotas = new Map<string, SharedQuota>()
  #spent = new Map<string, Map<string, number>>()
  #nowMs = 0
  #atMonotonicMs = 0
  /** Redis' clock minus ours is at most that, by the last answer. */
  #mostAheadMs = Infinity
  #isKnown = false

  constructor(max: number) {
    this.ceiling = max
  }

  get isKnown(): boolean {
    return this.#isKnown
  }

  /**
   * Takes in an answer; `sentMs` and `atMs` (monotonic) are when it was asked for and when it came.
   * Returns by how much Redis' clock certainly went ahead of ours since the answer before.
   */
  learn(state: ScriptState, { sentMs, atMs }: { sentMs: number; atMs: number }): number {
    const aheadMs = this.#isKnown ? state.now - atMs - this.#mostAheadMs : 0
    this.#mostAheadMs = state.now - sentMs
    this.#isKnown = true
    this.#nowMs = state.now
    this.#atMonotonicMs = atMs
    this.epoch = state.epoch
    this.isLoss = state.isLoss
    this.closedUntilMs = state.closedUntil
    this.ceiling = state.ceiling
    const out = new Set(list(state.out))
    this.slots = pairs(state.slots).map(([member, freeAt]) => {
      const [permit = '', takenAt = '0', credential = '', ...consumer] = member.split('|')
      return {
        replica: permit.slice(0, permit.lastIndexOf(':')),
        credential,
        consumer: consumer.join('|'),
        takenAtMs: Number(takenAt),
        freeAtMs: Number(freeAt),
        isOut: out.has(member),
      }
    })
    replace(this.pauses, state.pauses, (text) => JSON.parse(text) as SharedPause)
    replace(this.days, state.days, Number)
    replace(this.quotas, state.quota, (text) => JSON.parse(text) as SharedQuota)
    if (state.spent !== undefined) this.#learnSpent(state.spent)
    return aheadMs
  }

  #learnSpent(spent: unknown): void {
    this.#spent = new Map()
    for (const [field, calls] of pairs(spent)) {
      const [account = '', day = '', ...consumer] = field.split(FIELD_SEPARATOR)
      const key = dayField(account, day)
      const counts = this.#spent.get(key) ?? new Map<string, number>()
      counts.set(consumer.join(FIELD_SEPARATOR), Number(calls))
      this.#spent.set(key, counts)
    }
  }

  /** Between two full looks: what this replica was just charged. */
  spend(account: string, { days, consumer }: { days: readonly string[]; consumer: string }): void {
    for (const day of days) {
      const key = dayField(account, day)
      const counts = this.#spent.get(key) ?? new Map<string, number>()
      counts.set(consumer, (counts.get(consumer) ?? 0) + 1)
      this.#spent.set(key, counts)
    }
  }

  /** Fields of the script, and their counts. */
  *spent(): Generator<readonly [field: string, calls: number]> {
    for (const [key, counts] of this.#spent) {
      for (const [consumer, calls] of counts) yield [[key, consumer].join(FIELD_SEPARATOR), calls]
    }
  }

  spentOf(account: string, day: string): Map<string, number> {
    return this.#spent.get(dayField(account, day)) ?? new Map()
  }

  /** All that it knows a day of. */
  accounts(): ReadonlySet<string> {
    const charged = [...this.days.keys()].map((field) => field.slice(0, -DAY_SUFFIX_LENGTH))
    return new Set([...this.quotas.keys(), ...charged])
  }

  /** Redis' time now, as far as it is known here: epoch milliseconds. */
  redisNow(monotonicMs: number): number {
    return this.#nowMs + (monotonicMs - this.#atMonotonicMs)
  }

  /** A time of Redis on the monotonic clock of this process. */
  toMonotonic(redisMs: number): number {
    return redisMs - this.#nowMs + this.#atMonotonicMs
  }

  pauseOf(scope: string): Pause | undefined {
    const shared = this.pauses.get(scope)
    if (shared === undefined) return undefined
    const { reason, sinceMs, untilMs, durationMs, strikes, detail, probe } = shared
    return {
      scope,
      reason,
      sinceWallMs: sinceMs,
      untilMs: untilMs === 'never' ? Infinity : this.toMonotonic(untilMs),
      durationMs: durationMs === 'never' ? Infinity : durationMs,
      strikes,
      // Whose it is does not matter here, only that there is one.
      probe: probe === undefined ? null : { permit: -1, sinceMs: this.toMonotonic(probe.sinceMs) },
      detail,
    }
  }
}

const list = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])

function pairs(value: unknown): [string, string][] {
  const flat = list(value)
  return flat.flatMap((one, i) =>
    i % 2 === 0 ? [[one, flat[i + 1] ?? ''] as [string, string]] : [],
  )
}

function replace<T>(map: Map<string, T>, flat: unknown, parse: (text: string) => T): void {
  map.clear()
  for (const [key, value] of pairs(flat)) map.set(key, parse(value))
}
