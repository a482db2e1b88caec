/** Asks the ledger for one request, and says what its decision means for who asked. */

import type { Ledger } from './ledger.js'
import { isGone } from '../queue/line.js'
import type { Admission, AdmissionRequest, Waiter } from '../queue/line.js'
import type { Paces } from '../queue/paces.js'
import { WINDOW_SCOPE } from './pause-rules.js'
import type { Clock, Decision } from './types.js'
import { refused } from '../queue/waiting-room.js'

/** `decision` undefined: the ledger could not write. */
export interface Taken {
  readonly decision: Decision | undefined
  readonly unpace: () => void
}

export interface Clerk {
  take(request: AdmissionRequest): Promise<Taken>
  /** Undefined: it has to wait. */
  conclude(
    decision: Decision | undefined,
    waiter: Pick<Waiter, 'request' | 'sinceMs' | 'deadlineMs'>,
  ): Admission | undefined
}

export function createClerk(options: {
  readonly ledger: Pick<Ledger, 'take' | 'settle'>
  readonly clock: Clock
  readonly paces: Paces
  readonly isClosed: () => boolean
}): Clerk {
  const { ledger, clock, paces, isClosed } = options
  return {
    async take(request) {
      const nowMs = clock.monotonicMs()
      // Before the await, or everybody who comes during it is within the burst too.
      const unpace =
        request.priority === 'background' ? (): void => {} : paces.reserve(request.consumer, nowMs)
      try {
        const decision = await ledger.take(request)
        if (decision.kind !== 'permitted') unpace()
        return { decision, unpace }
      } catch {
        unpace()
        return { decision: undefined, unpace }
      }
    },
    conclude(decision, { request, sinceMs, deadlineMs }) {
      const nowMs = clock.monotonicMs()
      if (decision === undefined) return refused('ledger-unavailable', 5_000)
      switch (decision.kind) {
        case 'permitted':
          if (!isGone(request) && !isClosed()) {
            return { kind: 'permitted', permit: decision.permit, waitedMs: nowMs - sinceMs }
          }
          ledger.settle(decision.permit, 'unsent')
          return refused(isClosed() ? 'closing' : 'abandoned', 0)
        case 'day-spent':
        case 'day-kept':
          return refused(decision.kind, decision.untilMs - nowMs)
        case 'paused':
          return decision.untilMs > deadlineMs && !decision.isProbed
            ? refused('paused', decision.untilMs - nowMs)
            : undefined
        case 'ask-quota':
        case 'wait':
          return undefined
        default:
          return decision satisfies never
      }
    },
  }
}

/** Full window, or everything paused: nobody else could leave either, so the gate is held. */
export const isForEverybody = (decision: Decision | undefined): boolean =>
  decision?.kind === 'wait' || (decision?.kind === 'paused' && decision.scope === WINDOW_SCOPE)
