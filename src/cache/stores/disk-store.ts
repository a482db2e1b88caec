/**
 * The store on disk: oldest first out, bounded in bytes, read when asked for. Nothing of it is in
 * memory but two counters, and they are written with what they count.
 */

import { createHash } from 'node:crypto'
import type { Database, RootDatabase } from 'lmdb'
import { hasRoom } from '../../storage/free-space.js'
import { within } from '../../storage/within.js'
import type { Changes } from './change-number.js'
import type { DiskOptions } from './disk-options.js'
import { asStale, keptEntry, type StoredResponse } from './entry.js'
import { isSelected, type PurgeSelection, type ResponseStore } from './store.js'

/** Keys are longer than LMDB takes, so entries stand under a hash, and carry the key to be sure. */
export interface EntryRecord extends StoredResponse {
  readonly key: string
  readonly order: number
}

/** What eviction and purge need, without the bodies. */
type OrderRecord = Pick<StoredResponse, 'account' | 'resource' | 'path' | 'sizeBytes'> & {
  readonly hash: Buffer
}

export const ENTRIES = { name: 'entries', keyEncoding: 'binary' } as const

const EVICT_AT_ONCE = 32

export function createDiskStore(
  root: RootDatabase<unknown, string>,
  meta: Database<number | string, string>,
  {
    path,
    maxBytes,
    maxEntryBytes,
    changes,
  }: Pick<DiskOptions, 'path' | 'maxBytes' | 'maxEntryBytes'> & { readonly changes: Changes },
): ResponseStore {
  const entries = root.openDB<EntryRecord, Buffer>(ENTRIES)
  const order = root.openDB<OrderRecord, number>({ name: 'order' })
  let count = Number(meta.get('entries') ?? 0)
  let bytes = Number(meta.get('bytes') ?? 0)
  let last = [...order.getKeys({ reverse: true, limit: 1 })][0] ?? 0
  let isClosed = false

  /** Inside a transaction only. */
  function remove(hash: Buffer, record: { order: number; sizeBytes: number }): void {
    entries.removeSync(hash)
    order.removeSync(record.order)
    count--
    bytes -= record.sizeBytes
  }

  function add(hash: Buffer, key: string, entry: StoredResponse): void {
    const { account, resource, path, sizeBytes } = entry
    entries.putSync(hash, { ...entry, key, order: ++last })
    order.putSync(last, { hash, account, resource, path, sizeBytes })
    count++
    bytes += sizeBytes
  }

  function makeRoom(): void {
    while (bytes > maxBytes) {
      const oldest = Array.from(order.getRange({ limit: EVICT_AT_ONCE }))
      if (oldest.length === 0) return
      for (const { key, value } of oldest) {
        if (bytes > maxBytes) {
          remove(Buffer.from(value.hash), { order: key, sizeBytes: value.sizeBytes })
        }
      }
    }
  }

  /**
   * The counters are read and written inside of the transaction, and written even if `action` throws:
   * what it did before stays done, for LMDB does not take it back.
   */
  async function change<T>(action: () => T): Promise<T> {
    const committed = root.transaction(() => {
      count = Number(meta.get('entries') ?? 0)
      bytes = Number(meta.get('bytes') ?? 0)
      try {
        return action()
      } finally {
        meta.putSync('entries', count)
        meta.putSync('bytes', bytes)
        changes.noteSync()
      }
    })
    return within(committed)
  }

  /** Undefined also for a record that cannot be decoded: the order still counts it, and drops it once. */
  function present(hash: Buffer): EntryRecord | undefined {
    try {
      return entries.get(hash)
    } catch {
      return undefined
    }
  }

  return {
    async get(key) {
      if (isClosed) return undefined
      const record = entries.get(hashOf(key))
      return record?.key === key ? entryOf(record) : undefined
    },
    async set(key, entry) {
      if (isClosed) return false
      const hash = hashOf(key)
      const fits =
        entry.sizeBytes <= Math.min(maxEntryBytes, maxBytes) && hasRoom(path, entry.sizeBytes)
      if (!fits && !entries.doesExist(hash)) return false
      return change(() => {
        const old = present(hash)
        // An older answer must not come back in the place of this one.
        if (old !== undefined) remove(hash, old)
        if (!fits) return false
        add(hash, key, entry)
        makeRoom()
        return true
      })
    },
    async delete(key) {
      if (isClosed) return false
      const hash = hashOf(key)
      return change(() => {
        const old = present(hash)
        if (old === undefined) return false
        remove(hash, old)
        return true
      })
    },
    async purge(selection) {
      if (isClosed) return 0
      return change(() => purge(selection))
    },
    usage: () => ({ entries: count, bytes }),
    async close() {
      isClosed = true
    },
  }

  function purge(selection: PurgeSelection): number {
    let met = 0
    // A copy: a cursor does not survive that what it stands on is removed.
    for (const { key, value } of Array.from(order.getRange({}))) {
      if (!isSelected(value, selection)) continue
      met++
      const hash = Buffer.from(value.hash)
      const record = present(hash)
      if (selection.soft !== true || record === undefined) {
        remove(hash, { order: key, sizeBytes: value.sizeBytes })
      } else {
        entries.putSync(hash, { ...asStale(entryOf(record)), key: record.key, order: record.order })
      }
    }
    return met
  }
}

export const hashOf = (key: string): Buffer => createHash('sha256').update(key).digest()

/** With a body of its own: what LMDB hands out is a view of pages that will be written again. */
export const entryOf = (record: EntryRecord): StoredResponse => keptEntry(record)
