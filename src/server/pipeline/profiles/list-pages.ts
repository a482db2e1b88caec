/**
 * Keeps the pages of one list consistent: when a page turns out to have changed, its rows may have moved to
 * or from the other pages, so those that were fetched before are revalidated before they are served.
 */

import { LRUCache } from 'lru-cache'
import { keyHead } from '../../../cache/index.js'
import type { Format, ResponseStore, Share, StoredResponse } from '../../../cache/index.js'
import type { ProxyRequest } from '../request.js'

type PageRequest = Pick<ProxyRequest, 'client' | 'target'>

interface PageRead {
  readonly key: string
  readonly share: Share
  readonly format: Format
}

export interface ListPages {
  /** A page is in the store. */
  known(request: PageRequest, read: PageRead): void
  /** The entry as it is to be stored: for no further use if another page has changed since it was fetched. */
  settled(request: PageRequest, read: PageRead, entry: StoredResponse): StoredResponse
  /**
   * A page was fetched and stored. When it differs from the one before, the pages that were fetched before
   * it are stale once this resolves.
   */
  looked(
    request: PageRequest,
    read: PageRead,
    pages: { readonly before: StoredResponse | undefined; readonly after: StoredResponse },
  ): Promise<void>
}

interface List {
  /** Of its pages, the latest ones last. */
  readonly keys: Set<string>
  /** Pages fetched before this moment are suspect, epoch milliseconds. */
  suspectBeforeMs: number
  looks: number
  changedLooks: number
}

const MAX_LISTS = 1_000
const MAX_PAGES = 100
/** A list that differs at more looks than this says nothing about its pages: it may contain the time. */
const ALWAYS_CHANGED = 0.9
const MIN_LOOKS = 10

export function createListPages(store: Pick<ResponseStore, 'get' | 'set'>): ListPages {
  const lists = new LRUCache<string, List>({ max: MAX_LISTS })

  function listOf({ client, target }: PageRequest, read: PageRead): List | undefined {
    if (target.id !== undefined) return undefined
    const filters = target.query.filter((parameter) => !/^(?:offset|limit)=/u.test(parameter))
    const name = keyHead({ ...client, ...read }) + JSON.stringify([target.path, filters])
    const known = lists.get(name)
    if (known !== undefined) return known
    const list = { keys: new Set<string>(), suspectBeforeMs: 0, looks: 0, changedLooks: 0 }
    lists.set(name, list)
    return list
  }

  return {
    known(request, read) {
      const list = listOf(request, read)
      if (list === undefined || list.keys.has(read.key)) return
      list.keys.add(read.key)
      for (const oldest of list.keys) {
        if (list.keys.size <= MAX_PAGES) break
        list.keys.delete(oldest)
      }
    },
    settled(request, read, entry) {
      const list = listOf(request, read)
      const isSuspect = list !== undefined && entry.storedAtMs < list.suspectBeforeMs
      return isSuspect ? suspect(entry) : entry
    },
    async looked(request, read, { before, after }) {
      const list = listOf(request, read)
      // A write in between has invalidated all pages.
      if (list === undefined || before?.generation !== after.generation) return
      list.looks++
      if (before.etag === after.etag) return
      list.changedLooks++
      if (list.looks >= MIN_LOOKS && list.changedLooks > ALWAYS_CHANGED * list.looks) return
      const suspectBeforeMs = after.storedAtMs
      list.suspectBeforeMs = Math.max(list.suspectBeforeMs, suspectBeforeMs)
      for (const key of list.keys) {
        if (key === read.key) continue
        const page = await store.get(key)
        // From here to the store's memory nothing is awaited, so no newer page is replaced.
        if (page !== undefined && page.storedAtMs < suspectBeforeMs)
          await store.set(key, suspect(page))
      }
    },
  }
}

/** Served only if the upstream cannot answer. */
const suspect = (entry: StoredResponse): StoredResponse =>
  Object.freeze({ ...entry, freshUntilMs: entry.storedAtMs + 1 })
