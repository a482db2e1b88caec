/**
 * The figures at the end: what the consumers asked, by what they were told, against what the
 * simulated Intervals wrote down by itself.
 */

import type { Simulator } from '../simulator/index.js'
import { FATES } from './consumer.js'
import type { Consumer, Fate } from './consumer.js'

export interface Tally {
  readonly asked: number
  readonly byFate: Readonly<Record<Fate, number>>
  /** Requests in the simulator's journal. */
  readonly arrived: number
  /** Of these, calls that the proxy made for itself: GET /quota/. */
  readonly own: number
  /** Answers that cost no request, per cent of all answers. */
  readonly savedPercent: number
  /** The most arrivals in any window of the limit's length, wherever it begins. */
  readonly maxInAnyWindow: number
  /** Requests that Intervals refused for coming too fast, or too often in a day. */
  readonly refusedUpstream: number
}

export function tallyOf(consumers: readonly Consumer[], simulator: Simulator): Tally {
  const answers = consumers.flatMap((consumer) => consumer.answers)
  const byFate = Object.fromEntries(
    FATES.map((fate) => [fate, answers.filter((answer) => answer.fate === fate).length]),
  ) as Record<Fate, number>
  const { arrivals } = simulator
  const saved = byFate.hit + byFate.joined
  return {
    asked: answers.length,
    byFate,
    arrived: arrivals.length,
    own: arrivals.filter(({ target }) => target.startsWith('/quota')).length,
    savedPercent: Math.round((100 * saved) / Math.max(1, saved + byFate.sent)),
    maxInAnyWindow: simulator.maxInAnyWindow(),
    refusedUpstream: arrivals.filter(({ apiCode }) => apiCode === 11 || apiCode === 12).length,
  }
}

/** What does not add up, in words; empty when all is well. */
export function complaintsAbout(tally: Tally, max: number): readonly string[] {
  const { arrived, own, byFate, maxInAnyWindow, refusedUpstream } = tally
  return [
    arrived !== byFate.sent + own &&
      `${byFate.sent} sent and ${own} of the proxy's own, but ${arrived} arrived`,
    maxInAnyWindow > max && `${maxInAnyWindow} arrived within one window of ${max}`,
    refusedUpstream > 0 && `Intervals refused ${refusedUpstream}`,
  ].filter((complaint) => complaint !== false)
}
