/**
 * Which lists were fetched lately, and whether one proves that a stored row is unchanged: a client that
 * reads a list and then each of its rows needs no call per row. See decision 0023.
 */

import { LRUCache } from 'lru-cache'
import type { ResourceName, StoredResponse } from '../cache/index.js'
import { fieldsOf, isFields, isPartOf, type Fields } from './rows.js'

export interface ListIndex {
  /** A list was stored under this key. `place`: see `placeOf`. */
  note(place: string, key: string, purgeCount: number): void
  /** Keys of the lists that were stored there, newest first; none from before a purge. */
  keys(place: string, purgeCount: number): readonly string[]
  /** A list of this place is being fetched. */
  fetching(place: string, fetch: Promise<unknown>): void
  /** Resolves when the fetch that is in progress there has ended, or failed. Undefined: there is none. */
  untilFetched(place: string): Promise<void> | undefined
  /**
   * Whether the list has this row with the same fields and values as its stored answer. False wherever
   * that is uncertain.
   */
  proves(list: StoredResponse, stored: StoredResponse, row: Row): boolean
}

export interface Row {
  readonly resource: ResourceName
  readonly id: string
}

const MAX_PLACES = 1_000
const MAX_KEYS = 4
/** Parsing a longer list would delay other requests. */
const MAX_BODY_BYTES = 512 * 1024
const MAX_PARSED = 4

interface Parsed {
  readonly envelope: Fields
  readonly rows: ReadonlyMap<unknown, Fields>
}

export function createListIndex(): ListIndex {
  const stored = new LRUCache<string, { keys: readonly string[]; purgeCount: number }>({
    max: MAX_PLACES,
  })
  const fetches = new Map<string, Promise<void>>()
  const parsed = new LRUCache<StoredResponse, Parsed>({ max: MAX_PARSED })

  function parse(list: StoredResponse, resource: ResourceName): Parsed {
    const known = parsed.get(list)
    if (known !== undefined) return known
    const envelope = list.body.length > MAX_BODY_BYTES ? {} : fieldsOf(list.body)
    const listed: unknown = envelope[resource]
    const rows = new Map<unknown, Fields>()
    for (const row of Array.isArray(listed) ? (listed as unknown[]) : []) {
      if (isFields(row)) rows.set(row['id'], row)
    }
    const result = { envelope, rows }
    parsed.set(list, result)
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
      fetches.set(place, ended)
      void ended.then(() => {
        if (fetches.get(place) === ended) fetches.delete(place)
      })
    },
    untilFetched: (place) => fetches.get(place),
    proves(list, stored, { resource, id }) {
      if (list.status !== 200 || stored.status !== 200) return false
      const { [resource]: fields, ...envelope } = fieldsOf(stored.body)
      if (!isFields(fields) || fields['id'] !== id || Object.keys(fields).length < 2) return false
      const { envelope: other, rows } = parse(list, resource)
      const row = rows.get(id)
      // A row that has gained fields, by another role for example, has changed.
      if (row === undefined || Object.keys(row).length !== Object.keys(fields).length) return false
      return isPartOf(envelope, other) && isPartOf(fields, row)
    },
  }
}
