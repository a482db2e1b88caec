/**
 * A day in seconds: timers and clocks of this process are moved on to the next timer whenever nothing
 * is under way any more. What is really sent over sockets takes no time in it, and is waited for.
 *
 * To be installed before anything else is imported that takes the time.
 */

import diagnostics from 'node:diagnostics_channel'
import { syncBuiltinESMExports } from 'node:module'
import timersPromises from 'node:timers/promises'
import zlib from 'node:zlib'
import FakeTimers from '@sinonjs/fake-timers'

export interface VirtualTime {
  /** Epoch milliseconds. */
  now(): number
  sleep(ms: number): Promise<void>
  runUntil(epochMs: number): Promise<void>
}

/** Turns of the event loop without anything, after which nothing will come by itself. */
const CALM_TURNS = 4
/** Real time in which something has to happen. */
const STUCK_AFTER_MS = 10_000

export function installVirtualTime(startMs: number): VirtualTime {
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  const realMs = performance.now.bind(performance)
  const underWay = new Set<unknown>()
  let zipping = 0

  const { gzip } = zlib
  const counted = (input: Buffer, options: object, done: (...result: unknown[]) => void): void => {
    zipping++
    gzip(input, options, (...result) => {
      zipping--
      done(...result)
    })
  }
  Object.assign(zlib, { gzip: counted })

  const clock = FakeTimers.install({
    now: startMs,
    toFake: [
      'setTimeout',
      'clearTimeout',
      'setInterval',
      'clearInterval',
      'Date',
      'performance',
      'hrtime',
    ],
  })
  // The simulator's latency: while it lasts, a request is under way and yet only time has to pass.
  let waiting = 0
  timersPromises.setTimeout = async (ms?: number, value?: unknown): Promise<never> => {
    waiting++
    await new Promise((resolve) => setTimeout(resolve, ms))
    waiting--
    return value as never
  }
  syncBuiltinESMExports()

  const isRequest = (message: unknown): unknown => (message as { request: unknown }).request
  diagnostics.subscribe('undici:request:create', (message) => underWay.add(isRequest(message)))
  for (const end of ['undici:request:trailers', 'undici:request:error']) {
    diagnostics.subscribe(end, (message) => underWay.delete(isRequest(message)))
  }

  async function settle(): Promise<void> {
    const sinceMs = realMs()
    for (let calm = 0; calm < CALM_TURNS;) {
      await turn()
      calm = underWay.size > waiting || zipping > 0 ? 0 : calm + 1
      if (calm === 0 && realMs() - sinceMs > STUCK_AFTER_MS) {
        throw new Error(`${underWay.size} requests under way, ${waiting} wait for time to pass`)
      }
    }
  }

  return {
    now: () => clock.now,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, Math.max(1, ms))),
    async runUntil(epochMs) {
      await settle()
      while (clock.now < epochMs && clock.countTimers() > 0) {
        clock.next()
        await settle()
      }
    },
  }
}
