/** A replica's copy of one account's generations, and whether it is current. */

import type { PurgeSelection } from '../../cache/stores/store.js'
import type { InvalidationScope } from '../../cache/invalidation/invalidation-scope.js'

/** The answer of the script; its lists are flat, and an empty list may come as an object. */
export interface GenerationsState {
  readonly head: string
  readonly now: string
  readonly gens: unknown
  readonly open: unknown
  readonly purges: unknown
}

/** A write of another replica in flight, or of any replica that settles. */
interface OpenWrite {
  /** Undefined: everything of the account. */
  readonly names: readonly string[] | undefined
  /** Monotonic; from then on the next look counts it as ended. */
  readonly untilMs: number
  /** It has ended; see `cache.writeSettle`. */
  readonly isSettling?: boolean
  /** Not known to Redis: a doubt of this replica. */
  readonly isOwnDoubt?: true
}

const EVERYTHING = '*'

export class AccountMirror {
  /** Whether Redis lists the account. */
  isListed = false
  #head = ''
  /** The connection it came from: another one may lead to another Redis, or to an older state. */
  #connection = -1
  #generations = new Map<string, number>()
  #open: OpenWrite[] = []
  #purgeSeq: number | undefined

  /** Whether the copy is current, given the present `head`. */
  isCurrent(head: string | null, at: { connection: number; nowMs: number }): boolean {
    return (
      head === this.#head &&
      at.connection === this.#connection &&
      !this.#open.some(({ untilMs }) => untilMs <= at.nowMs)
    )
  }

  /** Returns purges that are new here, oldest first; undefined: there were more than Redis remembers. */
  learn(
    state: GenerationsState,
    at: {
      connection: number
      nowMs: number
      isOwn: (id: string) => boolean
      /** For so long other replicas may still report writes to the previous server. */
      settlingMs: number
    },
  ): readonly PurgeSelection[] | undefined {
    const seq = Number(state.head.split('|')[1])
    const isOlder = at.connection === this.#connection && seq < this.#seq()
    // Only answers of different connections can arrive in another order than they were made.
    if (isOlder) return []
    const isOtherRun = state.head.split('|')[0] !== this.#head.split('|')[0]
    if (isOtherRun) this.isListed = false
    this.#head = state.head
    this.#connection = at.connection
    this.#generations = new Map(pairs(state.gens).map(([name, text]) => [name, Number(text)]))
    const doubts = this.#open.filter((one) => one.isOwnDoubt === true && one.untilMs > at.nowMs)
    const open = pairs(state.open).flatMap(([id, text]) => {
      const write = JSON.parse(text) as { names?: string[]; untilMs: number; settling?: true }
      const { names, untilMs, settling: isSettling = false } = write
      if (at.isOwn(id) && !isSettling) return []
      return [{ names, untilMs: at.nowMs + untilMs - Number(state.now), isSettling }]
    })
    this.#open = [...open, ...doubts]
    if (isOtherRun && at.settlingMs > 0) {
      this.doubt({ kind: 'account' }, at.nowMs + at.settlingMs)
    }
    return this.#newPurges(list(state.purges), isOtherRun)
  }

  #seq(): number {
    return Number(this.#head.split('|')[1] ?? 0)
  }

  #newPurges(texts: readonly string[], isOtherRun: boolean): PurgeSelection[] | undefined {
    const purges = texts.map((text) => JSON.parse(text) as { seq: string; selection: object })
    const sinceSeq = this.#purgeSeq
    this.#purgeSeq = Number(purges[0]?.seq ?? 0)
    // Nothing of this account was stored here before, or everything is outdated.
    if (sinceSeq === undefined || isOtherRun) return []
    const isComplete =
      purges.length < MAX_PURGES || purges.some(({ seq }) => Number(seq) <= sinceSeq)
    if (!isComplete) return undefined
    return purges
      .filter(({ seq }) => Number(seq) > sinceSeq)
      .map(({ selection }) => selection as PurgeSelection)
      .toReversed()
  }

  generation(resource: string): number {
    return this.#generations.get(resource) ?? this.#generations.get(EVERYTHING) ?? 0
  }

  /** A write of another replica that invalidates it is in flight: a read meanwhile may be old or new. */
  isInDoubt(resource: string): boolean {
    return this.#open.some(
      ({ names, isSettling = false }) =>
        !isSettling && (names === undefined || names.includes(resource)),
    )
  }

  /** Earlier answers no longer count: ask before the next hit. */
  forget(): void {
    this.#connection = -1
  }

  /** Treated as if a write were in flight, such as one of our own whose end could not be reported. */
  doubt(scope: InvalidationScope, untilMs: number): void {
    this.#open.push({ names: namesOf(scope), untilMs, isOwnDoubt: true })
  }
}

/** Purges remembered for replicas that were away. */
export const MAX_PURGES = 100

export const namesOf = (scope: InvalidationScope): readonly string[] | undefined =>
  scope.kind === 'account' ? undefined : scope.names

const list = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])

function pairs(value: unknown): [string, string][] {
  const flat = list(value)
  return flat.flatMap((one, i) =>
    i % 2 === 0 ? [[one, flat[i + 1] ?? ''] as [string, string]] : [],
  )
}
