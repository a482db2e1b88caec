/**
 * What was answered since somebody looked last: all of it as counts by name, and the last ones as they
 * were. Both are bounded. So an answer costs a look-up, and what it looked like is written when it is
 * told: by a worker to its primary, and of hits to the dashboard.
 */

import { OTHERS } from '../limits/index.js'
import { answeredOf, pathOf, wayOf } from './answered.js'
import type { AnsweredElsewhere, AnsweredGroup, Asked, Ended } from './answered.js'
import type { Recorder } from './recorder.js'
import { createRing } from './ring.js'

export interface AnsweredLately extends Pick<Recorder, 'answered' | 'answeredHit'> {
  /** Those since the call before. */
  take(): AnsweredElsewhere
}

/** As many as the dashboard shows of a second: what is told of them one by one, by default. */
export const MAX_LAST = 200
/** Past it names are put together, by way. */
export const MAX_GROUPS = 1_000

interface One {
  readonly asked: Asked
  readonly ended: Ended
  readonly atMs: number
}

export function createAnsweredLately(
  wallMs: () => number,
  maxLast: number = MAX_LAST,
): AnsweredLately {
  let last = createRing<One>(maxLast)
  let groups = new Map<string, Group>()
  /** Names that are known as an object need not be put together: a third of what telling a hit costs. */
  let groupsByNames = new Map<AnsweredNames, Group>()

  function groupOf(names: AnsweredNames): Group {
    const { way, resource, consumer, path } = names
    // A path or a name can have no line break in it.
    const key = `${way}\n${resource}\n${consumer}\n${path}`
    const known = groups.get(key)
    if (known !== undefined) return known
    if (groups.size >= MAX_GROUPS && path !== OTHERS) {
      return groupOf({ way, resource: OTHERS, consumer: OTHERS, path: OTHERS })
    }
    const group = { way, resource, consumer, path, count: 0 }
    groups.set(key, group)
    return group
  }

  function knownGroupOf(names: AnsweredNames): Group {
    const known = groupsByNames.get(names)
    if (known !== undefined) return known
    const group = groupOf(names)
    if (groupsByNames.size < MAX_GROUPS) groupsByNames.set(names, group)
    return group
  }

  return {
    answered(asked, { statusCode, elapsedTime }) {
      const { exchange, id, method } = asked
      if (exchange === null) return
      groupOf(namesOf(exchange, statusCode)).count++
      const ended = { statusCode, elapsedTime }
      last.add({ asked: { exchange, id, method }, ended, atMs: wallMs() })
    },
    answeredHit(names, asked, ended) {
      knownGroupOf(names).count++
      last.add({ asked, ended, atMs: wallMs() })
    },
    take() {
      const taken = {
        groups: [...groups.values()],
        last: last
          .all()
          .map(({ asked, ended, atMs }) => answeredOf(asked, ended, atMs))
          .filter((one) => one !== undefined),
      }
      groups = new Map()
      groupsByNames = new Map()
      last = createRing(maxLast)
      return taken
    },
  }
}

/** What an answer is counted under. */
export type AnsweredNames = Omit<AnsweredGroup, 'count'>

export function namesOf(
  exchange: NonNullable<Asked['exchange']>,
  statusCode: number,
): AnsweredNames {
  const { consumer, target, rawTarget } = exchange
  const way = wayOf(exchange, statusCode)
  return { way, resource: target.resource ?? 'other', consumer, path: pathOf(rawTarget) }
}

type Group = AnsweredGroup & { count: number }
