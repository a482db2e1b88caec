/** Delays requests until a test releases them, so that a race happens on purpose. */
import { createCountWatch } from './count-watch.js'
import type { Arrival } from './journal.js'

/** `answer`: executed, then held. `execution`: held before it is executed. */
export type HoldStage = 'answer' | 'execution'

export type HoldMatch = (arrival: Arrival) => boolean

export interface Hold {
  /** Requests that are held now. */
  readonly waiting: number
  /** Releases all held requests and ends the hold. */
  release(): void
  /** Resolves when this many requests are held. Rejects when the simulator closes. */
  untilWaiting(count: number): Promise<void>
}

/** The holds that apply to one arrival. */
export interface HoldsOfArrival {
  /** Resolves at release, or at once when nothing holds. Rejects when the signal aborts. */
  pass(stage: HoldStage, signal: AbortSignal): Promise<void>
}

export interface Holds {
  add(match: HoldMatch, stage: HoldStage): Hold
  of(arrival: Arrival): HoldsOfArrival
  close(): void
}

interface OpenHold extends Hold {
  readonly match: HoldMatch
  readonly stage: HoldStage
  wait(signal: AbortSignal): Promise<void>
  close(): void
}

export function createHolds(): Holds {
  const open = new Set<OpenHold>()
  return {
    add(match, stage) {
      const hold = createHold({ match, stage, onRelease: () => open.delete(hold) })
      open.add(hold)
      return hold
    },
    of(arrival) {
      const own = [...open].filter((hold) => hold.match(arrival))
      return {
        async pass(stage, signal) {
          for (const hold of own) if (hold.stage === stage) await hold.wait(signal)
        },
      }
    },
    close() {
      for (const hold of open) hold.close()
      open.clear()
    },
  }
}

interface NewHold {
  readonly match: HoldMatch
  readonly stage: HoldStage
  readonly onRelease: () => void
}

function createHold({ match, stage, onRelease }: NewHold): OpenHold {
  const waiters = new Set<() => void>()
  const watch = createCountWatch(() => waiters.size)
  let isOpen = true
  return {
    match,
    stage,
    get waiting() {
      return waiters.size
    },
    untilWaiting: (count) => watch.until(count),
    wait: (signal) =>
      new Promise<void>((resolve, reject) => {
        const leave = (): void => {
          waiters.delete(pass)
          reject(abortError(signal))
        }
        const pass = (): void => {
          signal.removeEventListener('abort', leave)
          resolve()
        }
        if (signal.aborted || !isOpen) return signal.aborted ? leave() : resolve()
        signal.addEventListener('abort', leave, { once: true })
        waiters.add(pass)
        watch.notice()
      }),
    release() {
      // Closed first, so that a request that arrives meanwhile is not held.
      isOpen = false
      onRelease()
      for (const pass of waiters) pass()
      waiters.clear()
    },
    close: () => watch.close(),
  }
}

function abortError(signal: AbortSignal): Error {
  const reason: unknown = signal.reason
  return reason instanceof Error ? reason : new Error('aborted', { cause: reason })
}
