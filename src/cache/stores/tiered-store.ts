/**
 * Memory in front of a disk. What is asked for comes into memory; what memory drops is still on disk.
 * Writes to the disk are not waited for, unless others answer from it: until one is done, memory has the
 * answer.
 */

import type { StoredResponse } from './entry.js'
import type { ResponseStore } from './store.js'

export interface TieredStoreOptions {
  readonly memory: ResponseStore
  readonly disk: ResponseStore
  /** Bytes that may be on their way to the disk; past it entries stay in memory only. */
  readonly maxPendingBytes: number
  readonly onError: (error: unknown) => void
  /** Other processes answer from the disk, so a `set` resolves when they see it. By default not. */
  readonly isDiskShared?: boolean
}

export function createTieredStore(options: TieredStoreOptions): ResponseStore {
  const { memory, disk, maxPendingBytes, onError, isDiskShared = false } = options
  /**
   * Raised when a removal begins. What was read from the disk before that, or while memory is done and
   * the disk is not, must not come back into memory.
   */
  let removals = 0
  let underWay = 0
  let pendingBytes = 0
  const pending = new Set<Promise<unknown>>()

  function toDisk(entry: StoredResponse, write: () => Promise<unknown>): Promise<unknown> {
    pendingBytes += entry.sizeBytes
    const writing = write()
      .catch(onError)
      .finally(() => {
        pendingBytes -= entry.sizeBytes
        pending.delete(writing)
      })
    pending.add(writing)
    return writing
  }

  async function removing<T>(remove: () => Promise<T>): Promise<T> {
    removals++
    underWay++
    try {
      return await remove()
    } finally {
      underWay--
    }
  }

  /** What the disk cannot give is a miss. */
  async function readDisk(key: string): Promise<StoredResponse | undefined> {
    try {
      return await disk.get(key)
    } catch (error) {
      onError(error)
      return undefined
    }
  }

  return {
    async get(key, accepts = () => true) {
      const found = await memory.get(key)
      if (found !== undefined && accepts(found)) return found
      const seen = removals
      const stored = await readDisk(key)
      if (stored === undefined) return found
      // Nobody may have stored a newer one meanwhile: both reads are of one turn, but ports may wait.
      const isNew = (await memory.get(key)) === found
      if (isNew && accepts(stored) && seen === removals && underWay === 0) {
        await memory.set(key, stored)
      }
      return stored
    },
    ...(memory.getNow !== undefined && { getNow: memory.getNow }),
    async set(key, entry) {
      const isKept = await memory.set(key, entry)
      const written =
        pendingBytes + entry.sizeBytes <= maxPendingBytes
          ? toDisk(entry, () => disk.set(key, entry))
          : // An older answer must not come back from the disk in its place.
            toDisk({ ...entry, sizeBytes: 0 }, () => disk.delete(key))
      if (isDiskShared) await written
      return isKept
    },
    async delete(key) {
      const results = await removing(() => Promise.all([memory.delete(key), disk.delete(key)]))
      return results.includes(true)
    },
    async purge(selection) {
      return removing(async () => {
        await Promise.all(pending)
        return Math.max(...(await Promise.all([memory.purge(selection), disk.purge(selection)])))
      })
    },
    /** Of memory: that is what is bounded by `cache.maxSize`. */
    usage: () => memory.usage(),
    async close() {
      await Promise.all(pending)
      await memory.close()
      await disk.close()
    },
  }
}
