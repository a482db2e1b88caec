/** A queue in injected time: hours of waiting take milliseconds, and nothing depends on the machine. */

import FakeTimers from '@sinonjs/fake-timers'
import type { Test } from 'tap'
import type { Admission, AdmissionRequest, Clock } from '../../src/limits/index.js'
import { queueWith } from './queue-setup.js'
import type { QueueLimits } from './queue-setup.js'
import { ledgerWith } from './setup.js'

export interface Sent {
  readonly name: string
  /** Since the test began, milliseconds. */
  readonly askedMs: number
  readonly sentMs: number
}

/** 100 in 60 s, a burst share of 80, as by default. */
export function queueInFakeTime(t: Test, limits: QueueLimits = {}) {
  const time = FakeTimers.install({
    now: Date.parse('2026-03-10T12:00:00Z'),
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'],
  })
  const startMs = time.now
  const clock: Clock = { bootId: 'b', monotonicMs: () => time.now, wallMs: () => time.now }
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
    const askedMs = time.now - startMs
    const admission = await queue.admit({
      account: 'a',
      consumer: name,
      priority: 'interactive',
      chargesDay: true,
      maxWaitMs: 75_000,
      ...request,
    })
    if (admission.kind === 'refused') return admission
    sent.push({ name, askedMs, sentMs: time.now - startMs })
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

  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

  /** Lets time pass until the promise settles. */
  async function until<T>(promise: Promise<T>, atMostMs = 3_600_000): Promise<T> {
    let isDone = false
    const done = promise.finally(() => {
      isDone = true
    })
    done.catch(() => {})
    const endMs = time.now + atMostMs
    while (!isDone && time.now < endMs) await time.nextAsync()
    if (!isDone) throw new Error(`not done after ${atMostMs} ms`)
    return done
  }

  let isClosed = false
  /** Closing the queue takes timers, too. */
  async function close(): Promise<void> {
    if (isClosed) return
    isClosed = true
    await until(queue.close())
    time.uninstall()
  }
  t.teardown(close)

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

  return {
    ...made,
    time,
    clock,
    sent,
    call,
    inTurn,
    atOnce,
    pause,
    until,
    waitsOf,
    mostInAWindow,
    close,
  }
}
