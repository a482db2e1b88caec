/** The store in memory: least recently used first out, bounded in bytes. */

import { LRUCache } from 'lru-cache'
import { asStale, type StoredResponse } from './entry.js'
import { isSelected, type ResponseStore } from './store.js'

export interface MemoryStoreOptions {
  /** All entries together, bytes. */
  readonly maxBytes: number
  /** One entry, bytes; by default an eighth of `maxBytes`, so that one cannot push out all others. */
  readonly maxEntryBytes?: number
  /** Called with every entry that had to go to make room; not for those replaced or deleted. */
  readonly onEvict?: (entry: StoredResponse) => void
}

export function createMemoryStore(options: MemoryStoreOptions): ResponseStore {
  const { maxBytes, maxEntryBytes = Math.ceil(maxBytes / 8), onEvict } = options
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 1) {
    throw new TypeError(`"maxBytes" must be a whole number of bytes, 1 or more, got ${maxBytes}`)
  }
  let isClosed = false
  const entries = new LRUCache<string, StoredResponse>({
    maxSize: maxBytes,
    maxEntrySize: Math.min(maxEntryBytes, maxBytes),
    sizeCalculation: (entry) => entry.sizeBytes,
    ...(onEvict && {
      dispose: (entry, _key, reason) => {
        // lru-cache disposes of what is replaced and deleted too.
        if (reason === 'evict') onEvict(entry)
      },
    }),
  })

  return {
    async get(key) {
      return entries.get(key)
    },
    getNow: (key) => entries.get(key),
    async set(key, entry) {
      if (isClosed) return false
      entries.set(key, entry)
      return entries.peek(key) === entry
    },
    async delete(key) {
      return entries.delete(key)
    },
    async purge(selection) {
      // Least recent first, so that the entries set anew keep their order.
      const selected = [...entries.entries()]
        .toReversed()
        .filter(([, entry]) => isSelected(entry, selection))
      for (const [key, entry] of selected) {
        if (selection.soft === true) entries.set(key, asStale(entry))
        else entries.delete(key)
      }
      return selected.length
    },
    usage: () => ({ entries: entries.size, bytes: entries.calculatedSize }),
    async close() {
      isClosed = true
      entries.clear()
    },
  }
}
