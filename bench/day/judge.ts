/**
 * Compares every answer with the truth, and waits with a clock.
 *
 * - Out of date: made before a change that was there when it was asked for, and different from what
 *   Intervals would answer now. For how long: since the first such change that touches its resource.
 * - Stale seconds: how long an answer had been out of date, 0 for all the others; the mean is of all reads.
 * - Wrong: out of date, and from before a write that was acknowledged before it was asked.
 */

import type { Simulator } from '../../src/simulator/index.js'
import { RESOURCES } from '../../src/cache/resources/resources.js'
import type { ResourceName } from '../../src/cache/index.js'
import { quantile } from '../figures.js'
import { basic, resourceOf } from './front.js'
import type { Answer, Ask, Front, Urgency } from './front.js'
import { createSpent } from './spent.js'
import type { Spent } from './spent.js'

export interface Verdict {
  readonly requests: number
  readonly reads: number
  readonly writes: number
  /** Answers with a status of 400 and more. */
  readonly failed: number
  readonly failures: Readonly<Record<string, number>>
  readonly outOfDate: number
  /** How long answers had been out of date, seconds: of all reads, and of those that were. */
  readonly meanStaleSeconds: number
  readonly p99StaleSeconds: number
  readonly maxStaleSeconds: number
  readonly wrong: number
  /** Milliseconds, by class. */
  readonly waits: Readonly<Record<Urgency, { p50: number; p99: number; max: number }>>
  /** By resource. */
  readonly spent: Readonly<Record<string, Spent>>
}

/** What Intervals would answer after so many changes. */
interface Truth {
  readonly changes: number
  readonly body: string
}

export function createJudge(sim: Simulator, now: () => number) {
  const truths = new Map<string, Truth & { readonly before: Truth | undefined }>()
  /** By resource: the number of the last acknowledged change that touches it. */
  const acknowledged = new Map<string, number>()
  const waits: Record<Urgency, number[]> = { write: [], interactive: [], background: [] }
  const failures: Record<string, number> = {}
  const staleSeconds: number[] = []
  const spent = createSpent(sim)
  let [reads, writes, failed, wrong] = [0, 0, 0, 0]

  function truth({ token, target }: Pick<Ask, 'token' | 'target'>): string {
    const key = `${token} ${target}`
    const known = truths.get(key)
    if (known?.changes === sim.changes.length) return known.body
    const body = sim.truth(target, { accept: 'application/json', authorization: basic(token) })
    const before = known?.body === body ? known.before : known
    truths.set(key, { changes: sim.changes.length, body, before })
    return body
  }

  /**
   * After how many changes an answer was still the truth: what it says itself, or later, if it was the
   * same when somebody asked for it. Nobody can tell it from one that was made then.
   */
  function changesOf({ token, target }: Ask, { body, changes }: Answer): number {
    const known = truths.get(`${token} ${target}`)
    const same = [known, known?.before].find((one) => one?.body === body)
    return Math.max(changes, same?.changes ?? 0)
  }

  const invalidates = (written: string, read: string): boolean =>
    written === read ||
    (RESOURCES[written as ResourceName]?.invalidates as readonly string[] | undefined)?.includes(
      read,
    ) === true

  function judgeRead(ask: Ask, answer: Answer, before: { changes: number; known: number }): void {
    // Made from what was there when it was asked for, or later: nothing to compare.
    if (answer.changes >= before.changes || answer.body === truth(ask)) return
    const changes = changesOf(ask, answer)
    const resource = resourceOf(ask.target)
    const first = sim.changes.slice(changes).find((one) => invalidates(one.resource, resource))
    staleSeconds.push(Math.max(0, now() - (first?.wallMs ?? now())) / 1_000)
    if (changes < before.known) wrong++
  }

  /**
   * An edit in the web interface follows. What was the truth until now is noted: an entry that a list
   * revalidated after the last write holds until then, although it was made before that write.
   */
  function beforeEdit(resource: string): void {
    for (const key of truths.keys()) {
      const [token = '', target = ''] = key.split(' ')
      if (invalidates(resource, resourceOf(target))) truth({ token, target })
    }
  }

  function acknowledge(target: string, changes: number): void {
    const written = resourceOf(target)
    for (const resource of Object.keys(RESOURCES)) {
      if (!invalidates(written, resource)) continue
      acknowledged.set(resource, Math.max(acknowledged.get(resource) ?? 0, changes))
    }
  }

  function judged(front: Front): Front {
    return async (ask) => {
      const isRead = ask.method === 'GET'
      const known = acknowledged.get(resourceOf(ask.target)) ?? 0
      const before = { changes: sim.changes.length, known }
      const startedMs = now()
      const answer = await front(ask)
      waits[ask.urgency].push(now() - startedMs)
      if (isRead) {
        reads++
        spent.read(ask, answer, truth(ask))
      } else writes++
      if (answer.status >= 400) {
        failed++
        const reason = /"reason":"(\w+)"/.exec(answer.body)?.[1] ?? 'upstream'
        const kind = `${answer.status} ${reason}`
        failures[kind] = (failures[kind] ?? 0) + 1
      } else if (isRead) judgeRead(ask, answer, before)
      else acknowledge(ask.target, answer.changes)
      return answer
    }
  }

  function verdict(): Verdict {
    const waited = (of: Urgency): { p50: number; p99: number; max: number } => ({
      p50: quantile(waits[of], 0.5),
      p99: quantile(waits[of], 0.99),
      max: quantile(waits[of], 1),
    })
    const answered = reads - staleSeconds.length
    const all = [...Array.from({ length: Math.max(0, answered) }, () => 0), ...staleSeconds]
    return {
      requests: reads + writes,
      reads,
      writes,
      failed,
      failures,
      outOfDate: staleSeconds.length,
      meanStaleSeconds: staleSeconds.reduce((sum, one) => sum + one, 0) / Math.max(1, reads),
      p99StaleSeconds: quantile(all, 0.99),
      maxStaleSeconds: Math.max(0, ...staleSeconds),
      wrong,
      waits: {
        write: waited('write'),
        interactive: waited('interactive'),
        background: waited('background'),
      },
      spent: spent.verdict(),
    }
  }

  return { judged, beforeEdit, verdict }
}
