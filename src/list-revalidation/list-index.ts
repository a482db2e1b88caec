/**
 * A collection that was fetched proves that its rows did not change: who reads a list and then each of its
 * rows need not spend a call for every row. Bodies are compared, never made: what is served is what
 * Intervals once sent for this very row.
 */

import { LRUCache } from 'lru-cache'
import type { StoredResponse } from '../cache/stores/entry.js'
import type { ResourceName } from '../cache/resources/resource-name.js'
import { fieldsOf, isFields, isPartOf, type Fields } from './rows.js'

export interface Collections {
  /** A collection was stored under this key. `place`: the head of its key, and its resource. */
  note(place: string, key: string, purgeCount: number): void
  /** Keys of what was stored there, newest first; none from before a purge. */
  keys(place: string, purgeCount: number): readonly string[]
  /** A collection of this place is being fetched. */
  fetching(place: string, fetch: Promise<unknown>): void
  /** Resolves when what was being fetched there has come, or failed. Undefined: nothing is. */
  landing(place: string): Promise<unknown> | undefined
  /**
   * Whether the row `id` is in the collection just as it is in `member`: every field of the member stands
   * in the row with the same value. The row may have more. False wherever that cannot be said.
   */
  proves(collection: StoredResponse, member: StoredResponse, row: Row): boolean
}

export interface Row {
  readonly resource: ResourceName
  readonly id: string
}

const MAX_PLACES = 1_000
const MAX_KEYS = 4
/** Longer ones take too long to parse between two requests. */
const MAX_BODY_BYTES = 512 * 1024
const MAX_PARSED = 4

interface Parsed {
  readonly envelope: Fields
  readonly rows: ReadonlyMap<unknown, Fields>
}

export function createCollections(): Collections {
  const stored = new LRUCache<string, { keys: readonly string[]; purgeCount: number }>({
    max: MAX_PLACES,
  })
  const underWay = new Map<string, Promise<unknown>>()
  const parsed = new LRUCache<StoredResponse, Parsed>({ max: MAX_PARSED })

  function parse(collection: StoredResponse, resource: ResourceName): Parsed {
    const known = parsed.get(collection)
    if (known !== undefined) return known
    const envelope = collection.body.length > MAX_BODY_BYTES ? {} : fieldsOf(collection.body)
    const list: unknown = envelope[resource]
    const rows = new Map<unknown, Fields>()
    for (const row of Array.isArray(list) ? (list as unknown[]) : []) {
      if (isFields(row)) rows.set(row['id'], row)
    }
    const result = { envelope, rows }
    parsed.set(collection, result)
    return result
  }

  return {
    note(place, key, purgeCount) {
      const before = stored.get(place)
      const others = before?.purgeCount === purgeCount ? before.keys : []
      const keys = [key, ...others.filter((other) => other !== key)].slice(0, MAX_KEYS)
      stored.set(place, { keys, purgeCount })
    },
    keys(place, purgeCount) {
      const found = stored.get(place)
      return found?.purgeCount === purgeCount ? found.keys : []
    },
    fetching(place, fetch) {
      const ended = fetch.then(
        () => {},
        () => {},
      )
      underWay.set(place, ended)
      void ended.then(() => {
        if (underWay.get(place) === ended) underWay.delete(place)
      })
    },
    landing: (place) => underWay.get(place),
    proves(collection, member, { resource, id }) {
      if (collection.status !== 200 || member.status !== 200) return false
      const { [resource]: fields, ...envelope } = fieldsOf(member.body)
      if (!isFields(fields) || fields['id'] !== id || Object.keys(fields).length < 2) return false
      const { envelope: other, rows } = parse(collection, resource)
      const row = rows.get(id)
      return row !== undefined && isPartOf(envelope, other) && isPartOf(fields, row)
    },
  }
}
