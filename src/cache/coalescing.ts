/** Coalesces equal requests: the first one starts a flight, the others wait for its result. */

export interface FlightsOptions {
  /** Different keys in flight at once. By default 10 000. */
  readonly maxFlights?: number
  /** Requests waiting for one flight, the first included. By default 1000. */
  readonly maxWaiters?: number
}

/** Passed to `start`: the flight that the call belongs to. */
export interface FlightHandle {
  /** Aborted when the last waiter leaves before the call is sent, and when the flights close. */
  readonly signal: AbortSignal
  /**
   * Call it directly before sending, with the generation at that moment. Until then any reader may
   * join, because the call will see every write so far, and the call is cancelled if all waiters
   * leave. From then on only readers of that generation or an older one may join, and the call
   * continues without waiters, because its permit is spent. Call it again for a repeated call.
   */
  readonly commit: (generation: number) => void
}

export interface JoinRequest<T> {
  /** The whole cache key: a narrower one would give one credential's answer to another. */
  readonly key: string
  /** The current generation. A flight sent under an older one is not joined. */
  readonly generation: number
  /**
   * Makes the call and stores its answer before it resolves: the flight ends then, and a reader that
   * found neither flight nor entry would call again.
   */
  readonly start: (flight: FlightHandle) => Promise<T>
  /** Ends the wait of this request, not the flight. */
  readonly signal?: AbortSignal
  /** The same until the call is sent: the longest time this request may queue. */
  readonly patience?: AbortSignal
  /**
   * 0 (the default) is the most urgent. A less urgent flight that has not been sent is taken over: its
   * call is cancelled, and its waiters wait for the new one.
   */
  readonly urgency?: number
}

export type Joined<T> =
  | { readonly kind: 'settled'; readonly led: boolean; readonly value: T }
  /** Too many waiters, or too many flights. Nothing was started. */
  | { readonly kind: 'full' }

export interface Flights<T> {
  /**
   * Rejects with the error of the flight, the same for all waiters, none of which retries by itself.
   * Rejects with the signal's reason when the signal fires first.
   */
  join(request: JoinRequest<T>): Promise<Joined<T>>
  /** Whether `join` would now use a flight of this key and generation. */
  isCurrent(key: string, generation: number): boolean
  /** Flights in progress, including those replaced by a newer one. */
  size(): number
  /** Aborts every flight and ends every wait; later joins reject with the same reason. */
  close(reason?: unknown): void
}

interface Flight<T> {
  /** The generation when the call was sent; undefined before. */
  generation: number | undefined
  readonly urgency: number
  readonly controller: AbortController
  readonly result: Promise<T>
  /** The more urgent flight that took this one over. */
  successor: Flight<T> | undefined
  waiters: number
}

/** The generation under which this flight, or the one that took it over, was sent. */
function sentUnder<T>(flight: Flight<T>): number | undefined {
  let current: Flight<T> | undefined = flight
  while (current?.successor !== undefined) current = current.successor
  return current?.generation
}

export function createFlights<T>(options: FlightsOptions = {}): Flights<T> {
  const { maxFlights = 10_000, maxWaiters = 1000 } = options
  const joinable = new Map<string, Flight<T>>()
  const flying = new Set<Flight<T>>()
  const closed = new AbortController()

  function remove(key: string, flight: Flight<T>): void {
    // After a write a newer flight may be joinable under this key: keep that one.
    if (joinable.get(key) === flight) joinable.delete(key)
    flying.delete(flight)
  }

  function startFlight({ key, start, urgency = 0 }: JoinRequest<T>): Flight<T> {
    const controller = new AbortController()
    const { signal } = controller
    const aborted = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
    })
    // A microtask later, so that a synchronous throw of `start` becomes a rejection.
    const call = Promise.resolve().then(() => {
      signal.throwIfAborted()
      return start({ signal, commit: (generation) => (flight.generation = generation) })
    })
    // Removed before its waiters resume. Otherwise a waiter that asks again at once would join the
    // flight that has just failed and get the same failure.
    const result = Promise.race([call, aborted])
      .catch((error: unknown) => {
        if (flight.successor === undefined) throw error
        return flight.successor.result
      })
      .finally(() => remove(key, flight))
    const flight: Flight<T> = {
      generation: undefined,
      urgency,
      controller,
      result,
      successor: undefined,
      waiters: 0,
    }
    joinable.set(key, flight)
    flying.add(flight)
    return flight
  }

  function wait(flight: Flight<T>, { key, signal, patience }: JoinRequest<T>): Promise<T> {
    flight.waiters++
    return new Promise((resolve, reject) => {
      const leave = (reason: unknown): void => {
        reject(reason)
        let last = flight
        last.waiters--
        while (last.successor !== undefined) {
          last = last.successor
          last.waiters--
        }
        if (last.waiters > 0 || last.generation !== undefined) return
        // Now, not when the abort has propagated: a cancelled flight must not be joined.
        remove(key, last)
        last.controller.abort(reason)
      }
      const gone = (): void => leave(signal?.reason)
      const impatient = (): void => {
        if (sentUnder(flight) === undefined) leave(patience?.reason)
      }
      signal?.addEventListener('abort', gone, { once: true })
      patience?.addEventListener('abort', impatient, { once: true })
      // Also handles the rejection of a flight without waiters.
      flight.result
        .finally(() => {
          signal?.removeEventListener('abort', gone)
          patience?.removeEventListener('abort', impatient)
        })
        .then(resolve, reject)
    })
  }

  /** Takes over a flight that has not been sent and is less urgent. */
  function takeOver(present: Flight<T>, request: JoinRequest<T>): Flight<T> {
    const successor = startFlight(request)
    present.successor = successor
    // Counted now: the flight must outlive its own first request while earlier waiters remain.
    successor.waiters += present.waiters
    present.controller.abort(new Error('taken over by a more urgent request'))
    return successor
  }

  return {
    async join(request) {
      const { key, generation, signal, urgency = 0 } = request
      closed.signal.throwIfAborted()
      signal?.throwIfAborted()
      const present = joinable.get(key)
      if (present?.generation === undefined && present !== undefined && present.urgency > urgency) {
        const successor = takeOver(present, request)
        return { kind: 'settled', led: true, value: await wait(successor, request) }
      }
      // A flight of a newer generation serves an older reader too, who must not replace it.
      const mayJoin =
        present !== undefined &&
        (present.generation === undefined || present.generation >= generation)
      if (mayJoin ? present.waiters >= maxWaiters : flying.size >= maxFlights)
        return { kind: 'full' }
      const flight = mayJoin ? present : startFlight(request)
      return { kind: 'settled', led: !mayJoin, value: await wait(flight, request) }
    },
    isCurrent(key, generation) {
      const present = joinable.get(key)
      return present !== undefined && (present.generation ?? generation) === generation
    },
    size: () => flying.size,
    close(reason) {
      closed.abort(reason)
      for (const flight of flying) flight.controller.abort(reason)
    },
  }
}
