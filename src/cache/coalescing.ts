/**
 * Equal requests in flight become one: the first starts it, the others wait for the same result.
 */

export interface FlightsOptions {
  /** Different keys in flight at once. By default 10 000. */
  readonly maxFlights?: number
  /** Requests waiting for one flight, the first included. By default 1000. */
  readonly maxWaiters?: number
}

/** What the maker of a call gets from its flight. */
export interface FlightHandle {
  /** Aborted when the last waiter has gone and nothing has been sent, and when the flights close. */
  readonly signal: AbortSignal
  /**
   * To be called when the call is about to be sent, with the fence's generation at that moment. Before,
   * anybody may join, since the call will see whatever has been written; and if everybody leaves, it
   * is called off. After, only readers of that generation or an older one join; and it goes on even
   * if everybody leaves, for it is paid for. May be called again if the call has to be repeated.
   */
  readonly commit: (generation: number) => void
}

export interface JoinRequest<T> {
  /** The cache key, whole: a narrower one would hand one credential's answer to another. */
  readonly key: string
  /** The fence's generation now. A flight that was sent under an older one is not joined. */
  readonly generation: number
  /**
   * Makes the call, and stores its answer before it resolves: the flight ends with it, and a reader
   * that found neither flight nor entry would call again.
   */
  readonly start: (flight: FlightHandle) => Promise<T>
  /** Ends this request's waiting, not the flight. */
  readonly signal?: AbortSignal
  /** The same, but only as long as the call has not been sent: how long this request would queue. */
  readonly patience?: AbortSignal
  /**
   * How urgent, 0 is most. A flight that has not been sent and is less urgent is taken over: its call
   * is called off, and those who wait for it wait for the new one. By default 0.
   */
  readonly urgency?: number
}

export type Joined<T> =
  | { readonly kind: 'landed'; readonly led: boolean; readonly value: T }
  /** No place in the flight, or no place for another flight. Nothing was started. */
  | { readonly kind: 'full' }

export interface Flights<T> {
  /**
   * Rejects with what the flight failed with, the same for all its waiters: none of them tries again by
   * itself. Rejects with the signal's reason when that fires first.
   */
  join(request: JoinRequest<T>): Promise<Joined<T>>
  /** Whether a flight of this key and generation is the one that would be joined now. */
  isCurrent(key: string, generation: number): boolean
  /** Flights in the air, also those that a newer one has taken the place of. */
  size(): number
  /** Aborts every flight and ends every wait; later joins reject with the same reason. */
  close(reason?: unknown): void
}

interface Flight<T> {
  /** Of the fence when the call was sent; undefined before. */
  generation: number | undefined
  readonly urgency: number
  readonly controller: AbortController
  readonly result: Promise<T>
  /** The more urgent flight that took this one over. */
  heir: Flight<T> | undefined
  waiters: number
}

/** The generation under which this flight, or the one that took it over, was sent. */
function sentUnder<T>(flight: Flight<T>): number | undefined {
  let current: Flight<T> | undefined = flight
  while (current?.heir !== undefined) current = current.heir
  return current?.generation
}

export function createFlights<T>(options: FlightsOptions = {}): Flights<T> {
  const { maxFlights = 10_000, maxWaiters = 1000 } = options
  const joinable = new Map<string, Flight<T>>()
  const flying = new Set<Flight<T>>()
  const closed = new AbortController()

  function ground(key: string, flight: Flight<T>): void {
    // A write may have put a newer flight in this place: that one is not ours to clear.
    if (joinable.get(key) === flight) joinable.delete(key)
    flying.delete(flight)
  }

  function launch({ key, start, urgency = 0 }: JoinRequest<T>): Flight<T> {
    const controller = new AbortController()
    const { signal } = controller
    const aborted = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
    })
    // A microtask later, so that what `start` throws at once is a rejection like any other.
    const call = Promise.resolve().then(() => {
      signal.throwIfAborted()
      return start({ signal, commit: (generation) => (flight.generation = generation) })
    })
    // The flight goes out of the map before its waiters wake. The other way round, a waiter that asked
    // again at once would join the flight that has just failed, and get the same failure for nothing.
    const result = Promise.race([call, aborted])
      .catch((error: unknown) => {
        if (flight.heir === undefined) throw error
        return flight.heir.result
      })
      .finally(() => ground(key, flight))
    const flight: Flight<T> = {
      generation: undefined,
      urgency,
      controller,
      result,
      heir: undefined,
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
        while (last.heir !== undefined) {
          last = last.heir
          last.waiters--
        }
        if (last.waiters > 0 || last.generation !== undefined) return
        // At once, and not when the abort has come through: nobody may join a flight that is doomed.
        ground(key, last)
        last.controller.abort(reason)
      }
      const gone = (): void => leave(signal?.reason)
      const impatient = (): void => {
        if (sentUnder(flight) === undefined) leave(patience?.reason)
      }
      signal?.addEventListener('abort', gone, { once: true })
      patience?.addEventListener('abort', impatient, { once: true })
      // Also handles the failure of a flight that everybody has left.
      flight.result
        .finally(() => {
          signal?.removeEventListener('abort', gone)
          patience?.removeEventListener('abort', impatient)
        })
        .then(resolve, reject)
    })
  }

  /** Takes over a flight that has not been sent and is less urgent. */
  function succeed(present: Flight<T>, request: JoinRequest<T>): Flight<T> {
    const heir = launch(request)
    present.heir = heir
    // It has a waiter from the start: those who were here first must not end with its first own one.
    heir.waiters += present.waiters
    present.controller.abort(new Error('taken over by a more urgent request'))
    return heir
  }

  return {
    async join(request) {
      const { key, generation, signal, urgency = 0 } = request
      closed.signal.throwIfAborted()
      signal?.throwIfAborted()
      const present = joinable.get(key)
      if (present?.generation === undefined && present !== undefined && present.urgency > urgency) {
        const heir = succeed(present, request)
        return { kind: 'landed', led: true, value: await wait(heir, request) }
      }
      // A newer flight than asked for is as good, and must not be pushed out by an older reader.
      const mayJoin =
        present !== undefined &&
        (present.generation === undefined || present.generation >= generation)
      if (mayJoin ? present.waiters >= maxWaiters : flying.size >= maxFlights)
        return { kind: 'full' }
      const flight = mayJoin ? present : launch(request)
      return { kind: 'landed', led: !mayJoin, value: await wait(flight, request) }
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
