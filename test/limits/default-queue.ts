/** A queue as by default, in virtual time, and programs that use it. */

import type { Test } from 'tap'
import type { Admission, AdmissionRequest, Clock } from '../../src/limits/index.js'
import { queueWith } from './queue-setup.js'
import type { QueueLimits } from './queue-setup.js'
import { ledgerWith } from './setup.js'
import { virtualTime } from './virtual-time.js'

export interface Sent {
  readonly name: string
  /** Since the test began, milliseconds. */
  readonly askedMs: number
  readonly sentMs: number
}

/** 100 in 60 s, a burst share of 80, as by default. */
export function defaultQueue(t: Test, limits: QueueLimits = {}) {
  virtualTime(t)
  const startMs = performance.now()
  const now = (): number => performance.now() - startMs
  const noonMs = Date.parse('2026-03-10T12:00:00Z')
  const clock: Clock = { bootId: 'b', monotonicMs: () => 1e6 + now(), wallMs: () => noonMs + now() }
  const max = limits.max ?? 100
  const windowMs = limits.windowMs ?? 60_000
  const ledger = limits.ledger ?? ledgerWith(clock, { dayMax: 1e6, ...limits, max, windowMs })
  const made = queueWith(t, { burst: 80, agingMs: 10_000, ...limits, max, windowMs, ledger, clock })
  const { queue } = made
  const sent: Sent[] = []

  /** Sends one request and waits for its answer. */
  async function call(
    name: string,
    { latencyMs = 20, ...request }: Partial<AdmissionRequest> & { latencyMs?: number } = {},
  ): Promise<Admission> {
    const askedMs = now()
    const admission = await queue.admit({
      account: 'a',
      consumer: name,
      priority: 'interactive',
      chargesDay: true,
      maxWaitMs: 75_000,
      ...request,
    })
    if (admission.kind === 'refused') return admission
    sent.push({ name, askedMs, sentMs: now() })
    await new Promise((resolve) => setTimeout(resolve, latencyMs))
    ledger.settle(admission.permit, 'answered')
    return admission
  }

  async function inTurn(count: number, name: string, request: Parameters<typeof call>[1] = {}) {
    const admissions: Admission[] = []
    for (let i = 0; i < count; i++) admissions.push(await call(name, request))
    return admissions
  }

  const atOnce = (count: number, name: string, request: Parameters<typeof call>[1] = {}) =>
    Promise.all(Array.from({ length: count }, () => call(name, request)))

  const waitsOf = (name: string): number[] =>
    sent.filter((one) => one.name === name).map(({ askedMs, sentMs }) => sentMs - askedMs)

  /** The largest number of requests sent in any window. */
  function mostInAWindow(): number {
    const times = sent.map(({ sentMs }) => sentMs).toSorted((a, b) => a - b)
    let first = 0
    let most = 0
    for (const [i, at] of times.entries()) {
      while ((times[first] ?? 0) <= at - windowMs) first++
      most = Math.max(most, i - first + 1)
    }
    return most
  }

  const close = (): Promise<void> => queue.close()
  return { ...made, clock, now, sent, call, inTurn, atOnce, waitsOf, mostInAWindow, close }
}
