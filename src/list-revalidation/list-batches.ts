/**
 * Which lists that differ in one id were requested together, because they will be again: a page with a box
 * for each project, a report with a call for each. And which batches are running.
 */

import { LRUCache } from 'lru-cache'

export interface ListBatches<B extends Batch = Batch> {
  /** The list of this id was requested. `place`: its family, for one credential and format. */
  requested(place: string, id: string, nowMs: number): void
  /**
   * A batch has renewed these lists. Fast-path hits on them are not counted as requests, so they are
   * presumed to be requested, `MAX_PRESUMED` times in a row.
   */
  renewed(place: string, ids: readonly string[], nowMs: number): void
  /**
   * The other ids that were requested together with this one the last time. None that a batch is running
   * for, and none while the place is paused.
   */
  requestedTogether(place: string, id: string, nowMs: number): readonly string[]
  /** The batch that is running, or being prepared, and includes this id. */
  running(place: string, id: string): B | undefined
  /** Call it before anything is awaited, so that other requests find the batch. */
  begin(place: string, batch: B): void
  ended(place: string, batch: B): void
  /**
   * A batch did not renew this list, so its reader made a second call. The more often in a row, the more of
   * its next requests go without a batch: 3, 15, 63. Not counted while the place is paused.
   */
  missed(place: string, id: string, nowMs: number): void
  /** The batch did not pay: no other is suggested for this place before then. */
  pause(place: string, untilMs: number): void
}

export interface Batch {
  /** May become fewer until the lengths of the lists are known. */
  ids: readonly string[]
}

const MAX_PLACES = 1_000
/** Every server accepts a URL with so many ids. */
export const MAX_BATCH_IDS = 100
/** A page or a report sends its requests within this time, even if some wait in the queue. */
const TOGETHER_MS = 30_000

/** Bounds how many batches include a list that clients no longer request. */
export const MAX_PRESUMED = 10

interface Member {
  readonly requestedMs: number
  readonly beforeMs: number | undefined
  /** How often in a row the request was presumed. */
  readonly presumed: number
}

/** Batches in vain for one list. */
interface Misses {
  inARow: number
  /** So many requests go without a batch. */
  skips: number
}

const MAX_MISSES = 3

interface Place<B> {
  readonly members: Map<string, Member>
  readonly misses: Map<string, Misses>
  readonly running: Set<B>
  pausedUntilMs: number
}

export function createListBatches<B extends Batch>(): ListBatches<B> {
  const places = new LRUCache<string, Place<B>>({ max: MAX_PLACES })

  function placeOf(name: string): Place<B> {
    const known = places.get(name)
    if (known !== undefined) return known
    const place: Place<B> = {
      members: new Map(),
      misses: new Map(),
      running: new Set(),
      pausedUntilMs: -Infinity,
    }
    places.set(name, place)
    return place
  }
  const running = (place: Place<B> | undefined, id: string): B | undefined =>
    [...(place?.running ?? [])].find(({ ids }) => ids.includes(id))

  return {
    requested(name, id, nowMs) {
      const { members, misses } = placeOf(name)
      const beforeMs = members.get(id)?.requestedMs
      members.delete(id)
      members.set(id, { requestedMs: nowMs, beforeMs, presumed: 0 })
      for (const oldest of members.keys()) {
        if (members.size <= MAX_BATCH_IDS) break
        members.delete(oldest)
        misses.delete(oldest)
      }
    },
    renewed(name, ids, nowMs) {
      const place = places.get(name)
      const members = place?.members
      for (const id of ids) {
        place?.misses.delete(id)
        const member = members?.get(id)
        if (member === undefined || nowMs - member.requestedMs <= TOGETHER_MS) continue
        const { requestedMs: beforeMs, presumed } = member
        if (presumed === MAX_PRESUMED) continue
        members?.set(id, { requestedMs: nowMs, beforeMs, presumed: presumed + 1 })
      }
    },
    requestedTogether(name, id, nowMs) {
      const place = places.get(name)
      const lastMs = place?.members.get(id)?.beforeMs
      if (place === undefined || lastMs === undefined || nowMs < place.pausedUntilMs) return []
      const misses = place.misses.get(id)
      if (misses !== undefined && misses.skips > 0) {
        misses.skips--
        return []
      }
      const wasNear = (ms: number | undefined): boolean =>
        ms !== undefined && Math.abs(ms - lastMs) <= TOGETHER_MS
      return [...place.members].flatMap(([other, { requestedMs, beforeMs }]) =>
        other !== id &&
        (wasNear(requestedMs) || wasNear(beforeMs)) &&
        running(place, other) === undefined
          ? [other]
          : [],
      )
    },
    running: (name, id) => running(places.get(name), id),
    begin(name, batch) {
      placeOf(name).running.add(batch)
    },
    ended(name, batch) {
      places.get(name)?.running.delete(batch)
    },
    missed(name, id, nowMs) {
      const { members, misses, pausedUntilMs } = placeOf(name)
      if (!members.has(id) || nowMs < pausedUntilMs) return
      const inARow = Math.min(MAX_MISSES, (misses.get(id)?.inARow ?? 0) + 1)
      misses.set(id, { inARow, skips: 4 ** inARow - 1 })
    },
    pause(name, untilMs) {
      placeOf(name).pausedUntilMs = untilMs
    },
  }
}
