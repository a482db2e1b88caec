/** What the calls of a day were spent on, and how many one would have needed who knew every change. */

import type { Simulator } from '../../src/simulator/index.js'
import { resourceOf } from './front.js'
import type { Answer, Ask } from './front.js'

export interface Spent {
  /** Everything of the resource that reached Intervals, its writes included. */
  readonly calls: number
  /** Reads that had to be fetched: never read before, past its time, dropped by a write. */
  readonly first: number
  readonly expired: number
  readonly dropped: number
  /** Asked again behind an answer that was served past its time. */
  readonly behind: number
  /** Reads whose truth was another than at the last read of the same by the same token, or the first. */
  readonly needed: number
}

const NOTHING = { calls: 0, first: 0, expired: 0, dropped: 0, behind: 0, needed: 0 }

export function createSpent(sim: Simulator) {
  const byResource = new Map<string, { -readonly [K in keyof Spent]: Spent[K] }>()
  const lastTruths = new Map<string, string>()

  function of(target: string) {
    const name = resourceOf(target)
    const known = byResource.get(name) ?? { ...NOTHING }
    byResource.set(name, known)
    return known
  }

  return {
    read({ token, target }: Ask, { cacheStatus = '' }: Answer, truth: string): void {
      const spent = of(target)
      const key = `${token} ${target}`
      if (lastTruths.get(key) !== truth) spent.needed++
      lastTruths.set(key, truth)
      if (!/; fwd=/.test(cacheStatus) || cacheStatus.includes('; collapsed')) return
      if (cacheStatus.includes('detail=invalidated')) spent.dropped++
      else if (cacheStatus.includes('fwd=stale')) spent.expired++
      else spent.first++
    },
    verdict(): Readonly<Record<string, Spent>> {
      const writes = new Map<string, number>()
      for (const { method, target } of sim.arrivals) {
        of(target).calls++
        const name = resourceOf(target)
        if (method !== 'GET') writes.set(name, (writes.get(name) ?? 0) + 1)
      }
      for (const [name, spent] of byResource) {
        const reads = spent.calls - (writes.get(name) ?? 0)
        spent.behind = Math.max(0, reads - spent.first - spent.expired - spent.dropped)
      }
      return Object.fromEntries(byResource)
    },
  }
}
