/**
 * Which lists that differ in one id were asked for together, since they will be again: a page with a box
 * for each project, a report with a call for each. And which joint lists are out to prove them.
 */

import { LRUCache } from 'lru-cache'

export interface Siblings<J extends Joint = Joint> {
  /** The list of this id was asked for. `place`: its family, where no other credential is. */
  asked(place: string, id: string, nowMs: number): void
  /**
   * A joint list has renewed these: who asks for them now is answered before anybody can tell, so it is
   * presumed that they were asked for, a few times in a row.
   */
  renewed(place: string, ids: readonly string[], nowMs: number): void
  /**
   * The ids that were asked for together with this one the last time, but for itself. None of those whose
   * joint list is out, and none while the place rests.
   */
  together(place: string, id: string, nowMs: number): readonly string[]
  /** The joint list that is out, or about to be, and has the rows of this id. */
  underWay(place: string, id: string): J | undefined
  begin(place: string, joint: J): void
  ended(place: string, joint: J): void
  /** It did not pay: none of this place is asked for before then. */
  rest(place: string, untilMs: number): void
}

/** Whoever begins one says so before anything is waited for, so that the others find it. */
export interface Joint {
  /** May become fewer until it is known how long the lists are. */
  ids: readonly string[]
}

const MAX_PLACES = 1_000
/** A URL with so many ids is still one that every server takes. */
export const MAX_SIBLINGS = 100
/** What a page or a report asks for one after the other, waiting for some of it in the queue. */
const TOGETHER_MS = 30_000

/** What nobody asks for any more is in so many joint lists for nothing. */
export const MAX_PRESUMED = 10

interface Member {
  readonly askedMs: number
  readonly beforeMs: number | undefined
  /** How often in a row that was presumed. */
  readonly presumed: number
}

interface Place<J> {
  readonly members: Map<string, Member>
  readonly underWay: Set<J>
  restsUntilMs: number
}

export function createSiblings<J extends Joint>(): Siblings<J> {
  const places = new LRUCache<string, Place<J>>({ max: MAX_PLACES })

  function placeOf(name: string): Place<J> {
    const known = places.get(name)
    if (known !== undefined) return known
    const place: Place<J> = { members: new Map(), underWay: new Set(), restsUntilMs: -Infinity }
    places.set(name, place)
    return place
  }
  const underWay = (place: Place<J> | undefined, id: string): J | undefined =>
    [...(place?.underWay ?? [])].find(({ ids }) => ids.includes(id))

  return {
    asked(name, id, nowMs) {
      const { members } = placeOf(name)
      const beforeMs = members.get(id)?.askedMs
      members.delete(id)
      members.set(id, { askedMs: nowMs, beforeMs, presumed: 0 })
      for (const oldest of members.keys()) {
        if (members.size <= MAX_SIBLINGS) break
        members.delete(oldest)
      }
    },
    renewed(name, ids, nowMs) {
      const members = places.get(name)?.members
      for (const id of ids) {
        const member = members?.get(id)
        if (member === undefined || nowMs - member.askedMs <= TOGETHER_MS) continue
        const { askedMs: beforeMs, presumed } = member
        if (presumed === MAX_PRESUMED) continue
        members?.set(id, { askedMs: nowMs, beforeMs, presumed: presumed + 1 })
      }
    },
    together(name, id, nowMs) {
      const place = places.get(name)
      const lastMs = place?.members.get(id)?.beforeMs
      if (place === undefined || lastMs === undefined || nowMs < place.restsUntilMs) return []
      const wasNear = (ms: number | undefined): boolean =>
        ms !== undefined && Math.abs(ms - lastMs) <= TOGETHER_MS
      return [...place.members].flatMap(([other, { askedMs, beforeMs }]) =>
        other !== id &&
        (wasNear(askedMs) || wasNear(beforeMs)) &&
        underWay(place, other) === undefined
          ? [other]
          : [],
      )
    },
    underWay: (name, id) => underWay(places.get(name), id),
    begin(name, joint) {
      placeOf(name).underWay.add(joint)
    },
    ended(name, joint) {
      places.get(name)?.underWay.delete(joint)
    },
    rest(name, untilMs) {
      placeOf(name).restsUntilMs = untilMs
    },
  }
}
