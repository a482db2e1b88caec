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

interface Place<B> {
  readonly members: Map<string, Member>
  readonly running: Set<B>
  pausedUntilMs: number
}

export function createListBatches<B extends Batch>(): ListBatches<B> {
  const places = new LRUCache<string, Place<B>>({ max: MAX_PLACES })

  function placeOf(name: string): Place<B> {
    const known = places.get(name)
    if (known !== undefined) return known
    const place: Place<B> = { members: new Map(), running: new Set(), pausedUntilMs: -Infinity }
    places.set(name, place)
    return place
  }
  const running = (place: Place<B> | undefined, id: string): B | undefined =>
    [...(place?.running ?? [])].find(({ ids }) => ids.includes(id))

  return {
    requested(name, id, nowMs) {
      const { members } = placeOf(name)
      const beforeMs = members.get(id)?.requestedMs
      members.delete(id)
      members.set(id, { requestedMs: nowMs, beforeMs, presumed: 0 })
      for (const oldest of members.keys()) {
        if (members.size <= MAX_BATCH_IDS) break
        members.delete(oldest)
      }
    },
    renewed(name, ids, nowMs) {
      const members = places.get(name)?.members
      for (const id of ids) {
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
    pause(name, untilMs) {
      placeOf(name).pausedUntilMs = untilMs
    },
  }
}
