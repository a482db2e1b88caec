/**
 * The queue in front of the ledger decides which request is sent next, and which one had better not wait.
 *
 *     admit ─► a free slot and no request before it? ─► ledger.take ─► permitted
 *        │no
 *        ├─ full, or foreseeably too late ─► refused at once, with the time when to try again
 *        ▼
 *     waits for its turn, see turns.ts
 *
 * A request that need not wait skips Bottleneck, because an idle `schedule` costs 4.5 ms.
 */

import type { Ledger } from '../ledger/ledger-port.js'
import type { Clock, Hold, Priority } from '../ledger/types.js'
import { RateShaper } from './rate-shaper.js'
import type { ShapeRules } from './rate-shaper.js'
import { ReservedShares } from './reserved-shares.js'
import { LONGEST_TIMER_MS } from './timers.js'
import { Turns } from './turns.js'
import { forecastWait, refusalFor, refused } from './wait-forecast.js'
import type { ForecastParts } from './wait-forecast.js'
import { credentialOf, oldestSince, programOf, WaitingLines } from './waiting-lines.js'
import type { Admission, AdmissionRequest, Refusal, Waiter } from './waiting-lines.js'

export interface QueueOptions {
  readonly ledger: Ledger
  readonly clock: Clock
  readonly pace: ShapeRules
  /** Requests that wait, at most. */
  readonly maxLength: number
  /** Requests of one credential that wait, at most. */
  readonly maxLengthPerConsumer: number
  /** A class without a turn for this long gets one before the more urgent classes. */
  readonly agingMs: number
  /**
   * Part of the window, 0 to 1, that a consumer gets before all others, background requests apart.
   * Read anew each time, because a reload may change it. Default: none.
   */
  readonly minuteShares?: () => ReadonlyMap<string, number>
}

export interface QueueUsage {
  readonly waiting: Readonly<Record<Priority, number>>
  readonly oldestWaitMs: number
  readonly byConsumer: ReadonlyMap<string, number>
}

/** What `admit` would do now. */
export type Forecast =
  | Refusal
  | {
      readonly kind: 'permitted'
      readonly waitMs: number
      /** What the request waits for; undefined: it is sent at once. */
      readonly waitsFor: Hold['kind'] | 'turn' | undefined
    }

const NO_SHARES: ReadonlyMap<string, number> = new Map()
const IDLE: QueueUsage = {
  waiting: { write: 0, interactive: 0, background: 0 },
  oldestWaitMs: 0,
  byConsumer: new Map(),
}
const LEDGER_RETRY_MS = 5_000

const isGone = ({ signal }: AdmissionRequest): boolean => signal?.aborted === true

export class AdmissionQueue {
  readonly #options: QueueOptions
  readonly #lines = new WaitingLines()
  readonly #shaper: RateShaper
  readonly #reserved: ReservedShares
  readonly #turns: Turns
  readonly #forecast: ForecastParts
  readonly #stopListening: () => void
  /** When the last refused request was told to try again (monotonic). */
  #retryAtMs = -Infinity
  #isClosed = false

  constructor(options: QueueOptions) {
    this.#options = options
    const { ledger, pace, minuteShares: shares = () => NO_SHARES } = options
    const backgroundGapMs = pace.windowMs / pace.max
    this.#shaper = new RateShaper(pace, ledger)
    this.#reserved = new ReservedShares({ ...pace, shares }, ledger)
    const parts = { lines: this.#lines, shaper: this.#shaper, reserved: this.#reserved }
    this.#turns = new Turns({ ...options, ...parts, backgroundGapMs })
    this.#forecast = { ...parts, ledger, backgroundGapMs }
    this.#stopListening = ledger.onChange(() => this.#ledgerChanged())
  }

  /** Resolves with a permit, or the reason why there is none; never later than `maxWaitMs`. */
  async admit(request: AdmissionRequest): Promise<Admission> {
    const sinceMs = this.#options.clock.monotonicMs()
    if (this.#isClosed) return refused('closing', 1_000)
    if (isGone(request)) return refused('abandoned', 0)
    if (this.#mayPass(request, sinceMs)) {
      const result = await this.#turns.attempt(request, {
        sinceMs,
        deadlineMs: sinceMs + request.maxWaitMs,
        waiting: 1,
        isWanted: () => !this.#isClosed && !isGone(request),
      })
      if (result.kind === 'permitted' || result.kind === 'refused') return result
    }
    return this.#enter(request, sinceMs)
  }

  /** What `admit` would do with this request now. Takes nothing and changes nothing. */
  forecast(request: AdmissionRequest): Forecast {
    const { ledger, clock } = this.#options
    const nowMs = clock.monotonicMs()
    if (this.#isClosed) return refused('closing', 1_000)
    if (ledger.problem?.() !== undefined) return refused('ledger-unavailable', LEDGER_RETRY_MS)
    const hold = ledger.peek(request)
    if (hold === undefined && this.#mayPass(request, nowMs)) {
      return { kind: 'permitted', waitMs: 0, waitsFor: undefined }
    }
    const found = this.#foresee(request, { hold, nowMs, sinceMs: nowMs })
    if (found.kind === 'refused') return found
    const { waitMs } = found
    return { kind: 'permitted', waitMs, waitsFor: hold?.kind ?? (waitMs > 0 ? 'turn' : undefined) }
  }

  /** How long one more request of this kind would wait, milliseconds. */
  forecastMs(request: AdmissionRequest): number {
    const nowMs = this.#options.clock.monotonicMs()
    if (this.#mayPass(request, nowMs)) return Math.max(0, this.#options.ledger.forecast(1) - nowMs)
    return forecastWait(this.#forecast, request, { nowMs })
  }

  usage(): QueueUsage {
    if (this.#lines.waiting === 0) return IDLE
    const { lanes } = this.#lines
    const oldest = lanes.map(oldestSince).filter((since) => since !== undefined)
    const nowMs = this.#options.clock.monotonicMs()
    return {
      waiting: {
        write: this.#lines.laneOf('write').waiting,
        interactive: this.#lines.laneOf('interactive').waiting,
        background: this.#lines.laneOf('background').waiting,
      },
      oldestWaitMs: oldest.length === 0 ? 0 : nowMs - Math.min(...oldest),
      byConsumer: this.#lines.byConsumer(),
    }
  }

  /** Admits no more requests and refuses the waiting ones. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#stopListening()
    for (const waiter of Array.from(this.#lines.waiters())) waiter.end(refused('closing', 1_000))
    await this.#turns.close()
  }

  /** No request as urgent waits, and the credential is within its burst: there is no queue for it. */
  #mayPass(request: AdmissionRequest, nowMs: number): boolean {
    const { priority, consumer } = request
    if (priority === 'background') return false
    if (this.#lines.waiting > 0) {
      if (this.#lines.seatOf(request) !== undefined) return false
      if (this.#turns.order.nextReserved() !== undefined) return false
    }
    if (this.#reserved.exist() && this.#reserved.left(consumer, nowMs) > 0) return true
    if (this.#lines.waiting > 0 && this.#lines.hasReady(priority, { inclusive: true, nowMs })) {
      return false
    }
    if (request.isOwn === true) return true
    const credential = credentialOf(request)
    const shaped = { credential, program: programOf(request), waiting: 1, nowMs }
    return this.#shaper.dueAt(shaped) <= nowMs
  }

  /** Whether a request that cannot be sent now may wait, and how long that would take. */
  #foresee(
    request: AdmissionRequest,
    { hold, nowMs, sinceMs }: { hold: Hold | undefined; nowMs: number; sinceMs: number },
  ): Refusal | { readonly kind: 'waits'; readonly waitMs: number } {
    const { maxLength, maxLengthPerConsumer } = this.#options
    const deadlineMs = sinceMs + request.maxWaitMs
    const refusal = hold === undefined ? undefined : refusalFor(hold, { nowMs, deadlineMs })
    if (refusal !== undefined) return refusal
    const pauseMs = hold?.kind === 'paused' && !hold.isProbed ? hold.untilMs - nowMs : 0
    const waitMs = Math.max(pauseMs, forecastWait(this.#forecast, request, { nowMs }))
    const waiting = this.#lines.ofCredential(credentialOf(request))
    // There is room for a consumer's share, however many others wait.
    const isFull =
      this.#lines.waiting >= maxLength && waiting >= this.#reserved.promised(request.consumer)
    if (isFull || waiting >= maxLengthPerConsumer) return refused('queue-full', waitMs)
    return waitMs > request.maxWaitMs ? refused('wait-too-long', waitMs) : { kind: 'waits', waitMs }
  }

  #enter(request: AdmissionRequest, sinceMs: number): Promise<Admission> | Admission {
    const { ledger, clock } = this.#options
    const nowMs = clock.monotonicMs()
    // The signal does not fire again for what happened while the ledger was asked.
    if (isGone(request)) return refused('abandoned', 0)
    if (this.#isClosed) return refused('closing', 1_000)
    const found = this.#foresee(request, { hold: ledger.peek(request), nowMs, sinceMs })
    if (found.kind === 'refused') return this.#spread(found, nowMs)
    const deadlineMs = sinceMs + request.maxWaitMs
    return new Promise((resolve) => {
      const timer = setTimeout(
        () => end(this.#late(request)),
        Math.min(deadlineMs - nowMs, LONGEST_TIMER_MS),
      )
      const abandon = (): void => end(refused('abandoned', 0))
      const end = (admission: Admission): void => {
        if (!this.#lines.leave(waiter, place)) return
        clearTimeout(timer)
        request.signal?.removeEventListener('abort', abandon)
        resolve(admission)
      }
      const waiter: Waiter = { request, sinceMs, deadlineMs, end }
      const place = this.#lines.join(waiter)
      const { credential, waiting } = place.seat
      this.#shaper.arrived({ credential, program: programOf(request), waiting, nowMs })
      request.signal?.addEventListener('abort', abandon, { once: true })
      this.#turns.joined(place.lane)
    })
  }

  #late(request: AdmissionRequest): Refusal {
    const nowMs = this.#options.clock.monotonicMs()
    const waitMs = forecastWait(this.#forecast, request, { nowMs, isFirst: true })
    return this.#spread(refused('deadline', waitMs), nowMs)
  }

  /**
   * Requests refused at the same moment come back one after another, at the rate of the window and
   * spread over one window at most.
   */
  #spread(refusal: Refusal, nowMs: number): Refusal {
    const { reason, retryAfterMs } = refusal
    if (reason !== 'queue-full' && reason !== 'wait-too-long' && reason !== 'deadline')
      return refusal
    const { windowMs, max } = this.#options.pace
    const earliestMs = nowMs + retryAfterMs
    const nextMs = Math.min(this.#retryAtMs + windowMs / max, earliestMs + windowMs)
    this.#retryAtMs = Math.max(earliestMs, nextMs)
    return refused(reason, this.#retryAtMs - nowMs)
  }

  #ledgerChanged(): void {
    if (this.#lines.waiting === 0) return
    this.#refusePaused()
    this.#turns.ledgerChanged()
  }

  /** Refuses every waiting request whose deadline comes before its pause ends, at any position in the queue. */
  #refusePaused(): void {
    const { ledger, clock } = this.#options
    const nowMs = clock.monotonicMs()
    const free = new Set<string>()
    for (const waiter of Array.from(this.#lines.waiters())) {
      const { request, deadlineMs } = waiter
      const key = `${request.account} ${request.chargesDay}`
      if (free.has(key)) continue
      const hold = ledger.peek(request)
      const refusal = hold?.kind === 'paused' ? refusalFor(hold, { nowMs, deadlineMs }) : undefined
      if (refusal !== undefined) waiter.end(refusal)
      else if (hold?.kind !== 'paused') free.add(key)
    }
  }
}
