/**
 * What a worker has answered since it told its primary last: all of it as counts by name, and the last
 * ones as they were. Both are bounded; a hit costs a look-up, and what it looked like is written when it is
 * told.
 */

import { OTHERS } from '../../limits/index.js'
import { answeredOf, pathOf, wayOf } from '../dashboard/answered.js'
import type { AnsweredElsewhere, AnsweredGroup, Asked, Ended } from '../dashboard/answered.js'
import type { Recorder } from '../dashboard/recorder.js'
import { createRing } from '../dashboard/ring.js'

export interface AnsweredHere extends Pick<Recorder, 'answered'> {
  /** Those since the call before. */
  take(): AnsweredElsewhere
}

/** As many as the dashboard shows of a second. */
export const MAX_LAST = 200
/** Past it names are put together, by way. */
export const MAX_GROUPS = 1_000

interface One {
  readonly asked: Asked
  readonly ended: Ended
  readonly atMs: number
}

export function createAnsweredHere(wallMs: () => number): AnsweredHere {
  let last = createRing<One>(MAX_LAST)
  let groups = new Map<string, Group>()

  function groupOf(names: Omit<AnsweredGroup, 'count'>): Group {
    const { way, resource, consumer, path } = names
    // A path or a name can have no line break in it.
    const key = `${way}\n${resource}\n${consumer}\n${path}`
    const known = groups.get(key)
    if (known !== undefined) return known
    if (groups.size >= MAX_GROUPS && path !== OTHERS) {
      return groupOf({ way, resource: OTHERS, consumer: OTHERS, path: OTHERS })
    }
    const group = { ...names, count: 0 }
    groups.set(key, group)
    return group
  }

  return {
    answered({ exchange, id, method }, { statusCode, elapsedTime }) {
      if (exchange === null) return
      const { consumer, target, rawTarget } = exchange
      const way = wayOf(exchange, statusCode)
      const resource = target.resource ?? 'other'
      groupOf({ way, resource, consumer, path: pathOf(rawTarget) }).count++
      const ended = { statusCode, elapsedTime }
      last.add({ asked: { exchange, id, method }, ended, atMs: wallMs() })
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
      last = createRing(MAX_LAST)
      return taken
    },
  }
}

type Group = AnsweredGroup & { count: number }
