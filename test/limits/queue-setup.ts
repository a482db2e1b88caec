import type { Test } from 'tap'
import { AdmissionQueue } from '../../src/limits/index.js'
import type {
  Admission,
  AdmissionRequest,
  Clock,
  Ledger,
  Permit,
  QueueOptions,
} from '../../src/limits/index.js'
import { realClock } from './real-clock.js'
import { ledgerWith } from './setup.js'
import type { Limits } from './setup.js'
import { virtualTime } from './virtual-time.js'

export interface QueueLimits extends Limits {
  readonly clock?: Clock
  readonly burst?: number
  readonly ledger?: Ledger
  readonly maxLength?: number
  readonly maxLengthPerConsumer?: number
  readonly agingMs?: number
  readonly minuteShares?: () => ReadonlyMap<string, number>
}

/** A queue in virtual time: 10 in 400 ms unless told otherwise; every answer comes at once. */
export function queueWith(t: Test, limits: QueueLimits = {}) {
  virtualTime(t)
  const max = limits.max ?? 10
  const windowMs = limits.windowMs ?? 400
  const ledger =
    limits.ledger ?? ledgerWith(realClock, { dayMax: 1_000_000, ...limits, max, windowMs })
  const options: QueueOptions = {
    ledger,
    clock: limits.clock ?? realClock,
    pace: { max, windowMs, burst: limits.burst ?? Math.max(1, max - 2), graceMs: 5 },
    maxLength: limits.maxLength ?? 100_000,
    maxLengthPerConsumer: limits.maxLengthPerConsumer ?? 100_000,
    agingMs: limits.agingMs ?? 60_000,
    ...(limits.minuteShares !== undefined && { minuteShares: limits.minuteShares }),
  }
  const queue = new AdmissionQueue(options)
  t.teardown(() => queue.close())
  /** Names in the order in which they were let out. */
  const order: string[] = []
  const permits: Permit[] = []

  async function admit(name: string, request: Partial<AdmissionRequest> = {}): Promise<Admission> {
    const admission = await queue.admit({
      account: 'a',
      consumer: 'c',
      priority: 'interactive',
      chargesDay: true,
      maxWaitMs: 20_000,
      ...request,
    })
    if (admission.kind === 'permitted') {
      order.push(name)
      permits.push(admission.permit)
      ledger.settle(admission.permit, 'answered')
    }
    return admission
  }

  const many = (count: number, name: string, request: Partial<AdmissionRequest> = {}) =>
    Promise.all(Array.from({ length: count }, (_, i) => admit(`${name}${i}`, request)))

  /** Spends the whole window, by a consumer of its own. */
  async function fill(count = max): Promise<void> {
    for (let i = 0; i < count; i++) {
      const decision = await ledger.take({ account: 'filler', chargesDay: false })
      if (decision.kind === 'permitted') ledger.settle(decision.permit, 'answered')
    }
  }

  return { queue, ledger, order, permits, admit, many, fill }
}

export const reasonOf = (admission: Admission): string =>
  admission.kind === 'refused' ? admission.reason : 'permitted'

export const retryOf = (admission: Admission): number =>
  admission.kind === 'refused' ? admission.retryAfterMs : Number.NaN
