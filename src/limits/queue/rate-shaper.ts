/**
 * How fast one credential may send, so that the window is not used up when another program comes:
 *
 * - Up to its burst share a credential sends at once. While no other program has sent anything in the
 *   last window, the share is larger.
 * - A parallel burst that goes beyond the share is looked at one grace later: if all of it fits into the
 *   window it leaves whole, because nothing is gained by holding back the end of it.
 * - Everything else is spread: the free slots of the window are used evenly over the time until slots
 *   return. A longer job finishes no later, because the slots that it would wait for return at the same
 *   time anyway, and no single wait lasts longer than a few seconds.
 * - While other credentials are active, one beyond its share also leaves a slot free for them, and sends
 *   no faster than the window allows in the long run.
 *
 * Background requests are paced elsewhere and neither counted nor spread here.
 */

import { LRUCache } from 'lru-cache'
import type { Ledger } from '../ledger/ledger-port.js'
import { typicalHoldMs } from '../ledger/window.js'
import { evenlyAt, forecastSpread } from './spread.js'

export interface ShapeRules {
  /** Requests per window. */
  readonly max: number
  readonly windowMs: number
  /** Requests that one credential may send at once while others are active; at most `max`. */
  readonly burst: number
  readonly graceMs: number
}

/** Credentials that are remembered; the longest idle is forgotten first. */
const MAX_CREDENTIALS = 10_000

/** Programs of one credential that are counted apart. */
export const MAX_PROGRAMS = 16
/** Stands for the programs beyond them; no program can have such a key. */
export const OTHER_PROGRAMS = '(other programs)'

type Windows = Pick<Ledger, 'room' | 'forecast' | 'slotTimes' | 'grantsElsewhere'>

interface Grant {
  readonly atMs: number
  readonly program: string
}

interface CredentialState {
  /** Requests of the last window, oldest first; at most `max` and a few. */
  readonly grants: Grant[]
  readonly callsOf: Map<string, number>
  /** `ending`: a parallel burst has reached the share; `lookAtMs` says whether all of it fits. */
  phase: 'burst' | 'ending' | 'spread'
  lookAtMs: number
  /** Requests at the end of a burst that fits. */
  left: number
}

/** A request, as far as its rate is concerned. */
export interface Shaped {
  readonly credential: string
  readonly program: string
  /** Requests of this credential that wait, this one included. */
  readonly waiting: number
  readonly nowMs: number
}

export class RateShaper {
  readonly #rules: ShapeRules
  readonly #ledger: Windows
  readonly #states = new LRUCache<string, CredentialState>({ max: MAX_CREDENTIALS })

  constructor(rules: ShapeRules, ledger: Windows) {
    this.#rules = rules
    this.#ledger = ledger
  }

  /** The state of a credential without the grants that have left the window. */
  #trimmed(credential: string, nowMs: number): CredentialState | undefined {
    const state = this.#states.peek(credential)
    if (state === undefined) return undefined
    const { grants, callsOf } = state
    let gone = 0
    for (const { atMs, program } of grants) {
      if (atMs > nowMs - this.#rules.windowMs) break
      gone++
      const calls = (callsOf.get(program) ?? 0) - 1
      if (calls > 0) callsOf.set(program, calls)
      else callsOf.delete(program)
    }
    if (gone > 0) grants.splice(0, gone)
    return state
  }

  #elsewhere(credential: string): readonly number[] {
    return this.#ledger.grantsElsewhere?.({ credential }) ?? []
  }

  /** Requests of this credential in the last window. */
  sentBy(credential: string, nowMs: number): number {
    const own = this.#trimmed(credential, nowMs)?.grants.length ?? 0
    return own + this.#elsewhere(credential).length
  }

  /** Requests of one of its programs in the last window. */
  sentByProgram(credential: string, program: string, nowMs: number): number {
    const { callsOf } = this.#trimmed(credential, nowMs) ?? {}
    return callsOf?.get(program) ?? callsOf?.get(OTHER_PROGRAMS) ?? 0
  }

  /** Has another program of this or of another credential sent anything in the last window? */
  #areOthersActive(request: Shaped): boolean {
    const own = this.#states.peek(request.credential)?.callsOf
    if (own !== undefined && own.size > (own.has(request.program) ? 1 : 0)) return true
    return this.#isAnotherActive(request)
  }

  /** Has another credential sent anything in the last window? */
  #isAnotherActive({ credential, nowMs }: Shaped): boolean {
    // The most recently active come first: the first of another credential decides.
    for (const [other, { grants }] of this.#states.entries()) {
      if (other === credential) continue
      return (grants.at(-1)?.atMs ?? -Infinity) > nowMs - this.#rules.windowMs
    }
    return false
  }

  #share(request: Shaped): number {
    const { max, burst } = this.#rules
    return this.#areOthersActive(request) ? burst : Math.ceil((max + burst) / 2)
  }

  /** A program that sends one request after another has none in flight when the next one comes. */
  #phaseBeyondShare(state: CredentialState | undefined): 'ending' | 'spread' {
    const phase = state?.phase ?? 'burst'
    if (phase !== 'burst') return phase
    return this.#ledger.room().inFlight > 0 ? 'ending' : 'spread'
  }

  /** Time from which the next request of this credential may be sent. Changes nothing. */
  dueAt(request: Shaped): number {
    const { credential, nowMs, waiting } = request
    const state = this.#trimmed(credential, nowMs)
    const sent = this.sentBy(credential, nowMs)
    // Every credential's share is at least the burst.
    if (sent < this.#rules.burst) return nowMs
    if (sent < this.#share(request)) return nowMs
    const { lookAtMs = 0, left = 0 } = state ?? {}
    if (left > 0) return nowMs
    if (this.#phaseBeyondShare(state) === 'ending') {
      if (state?.phase === 'burst') return nowMs + this.#rules.graceMs
      if (nowMs < lookAtMs) return lookAtMs
      if (sent + waiting <= this.#rules.max) return nowMs
    }
    const lastAtMs = state?.grants.at(-1)?.atMs ?? nowMs
    return this.#spreadAt(request, lastAtMs)
  }

  #spreadAt(request: Shaped, lastAtMs: number): number {
    const { nowMs } = request
    const { free, nextFreeAtMs } = this.#ledger.room()
    const kept = this.keptFor(request)
    if (free <= kept) return kept === 0 ? nowMs : this.#ledger.forecast(kept + 1)
    const untilMs = nextFreeAtMs === Infinity ? nowMs + this.#rules.windowMs : nextFreeAtMs
    const minGapMs = this.#minGapMs(kept)
    return evenlyAt({ lastAtMs, free: free - kept, untilMs, minGapMs })
  }

  #minGapMs(kept: number): number {
    return kept > 0 ? this.#rules.windowMs / this.#rules.max : 0
  }

  /** Slots that a background request, or a credential beyond its share, leaves free for others. */
  keptFor(request: Shaped): number {
    const { max } = this.#rules
    if (max === 1 || !this.#isAnotherActive(request)) return 0
    return Math.max(1, Math.round(max / 100))
  }

  /** A request has to wait: from here on a credential beyond its share is spread. */
  arrived(request: Shaped): void {
    const { credential, nowMs } = request
    const state = this.#trimmed(credential, nowMs)
    if (state === undefined || state.phase !== 'burst') return
    if (this.sentBy(credential, nowMs) < this.#share(request)) return
    state.phase = this.#phaseBeyondShare(state)
    state.lookAtMs = nowMs + this.#rules.graceMs
  }

  /** Counts a request that is about to be sent. Returns how to undo that, should it not be sent. */
  granted(request: Shaped): () => void {
    const { credential, nowMs, waiting } = request
    const state = this.#trimmed(credential, nowMs) ?? newState()
    this.#states.set(credential, state)
    const { grants, callsOf } = state
    const sent = grants.length + this.#elsewhere(credential).length
    const usesLeft = state.left > 0
    if (sent < this.#rules.burst || sent < this.#share(request)) {
      state.phase = 'burst'
      state.left = 0
    } else if (usesLeft) {
      state.left--
    } else if (state.phase === 'ending' && nowMs >= state.lookAtMs) {
      state.phase = 'spread'
      if (sent + waiting <= this.#rules.max) state.left = waiting - 1
    }
    const isNamed = callsOf.size < MAX_PROGRAMS || callsOf.has(request.program)
    const program = isNamed ? request.program : OTHER_PROGRAMS
    const grant = { atMs: nowMs, program }
    grants.push(grant)
    callsOf.set(program, (callsOf.get(program) ?? 0) + 1)
    return () => {
      const at = grants.lastIndexOf(grant)
      if (at === -1) return
      if (usesLeft) state.left++
      grants.splice(at, 1)
      const calls = (callsOf.get(program) ?? 0) - 1
      if (calls > 0) callsOf.set(program, calls)
      else callsOf.delete(program)
    }
  }

  /** Time at which the request with `position` others before it may be sent, if those are sent in time. */
  forecast(request: Shaped, position: number): number {
    const { credential, nowMs } = request
    const { max, graceMs, windowMs } = this.#rules
    const sent = this.sentBy(credential, nowMs)
    const share = this.#share(request)
    if (sent + position < share) return nowMs
    const state = this.#trimmed(credential, nowMs)
    const isWhole = (state?.left ?? 0) > 0 || this.#phaseBeyondShare(state) === 'ending'
    if (isWhole && sent + position + 1 <= max) return nowMs + graceMs
    const own = state?.grants.map(({ atMs }) => atMs) ?? []
    const kept = this.keptFor(request)
    const backlog = {
      nowMs,
      slotTimes: this.#ledger.slotTimes(),
      sentMs: [...own, ...this.#elsewhere(credential)].toSorted((a, b) => a - b),
      share,
      kept,
      minGapMs: this.#minGapMs(kept),
      windowMs,
      holdMs: typicalHoldMs(this.#rules),
    }
    return forecastSpread(backlog, position)
  }
}

const newState = (): CredentialState => ({
  grants: [],
  callsOf: new Map(),
  phase: 'burst',
  lookAtMs: 0,
  left: 0,
})
