/**
 * Keeps the pages of one list consistent: when a page has changed, its rows may have moved to or from the
 * other pages, so pages that were fetched earlier are fetched again before the proxy serves them.
 */

import { LRUCache } from 'lru-cache'
import { asExpired, keyHead } from '../../../cache/index.js'
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
  /**
   * Stores an answer that was fetched. If it is a page and differs from the one before, the pages that were
   * fetched earlier have expired once this resolves.
   */
  store(
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

  function add({ keys }: List, key: string): void {
    keys.add(key)
    for (const oldest of keys) {
      if (keys.size <= MAX_PAGES) break
      keys.delete(oldest)
    }
  }

  /** Whether the other pages have to be fetched again. */
  function hasChanged(
    list: List,
    before: StoredResponse | undefined,
    after: StoredResponse,
  ): boolean {
    // A write in between has invalidated all pages.
    if (before?.generation !== after.generation) return false
    list.looks++
    if (before.etag === after.etag) return false
    list.changedLooks++
    return list.looks < MIN_LOOKS || list.changedLooks <= ALWAYS_CHANGED * list.looks
  }

  return {
    known(request, read) {
      const list = listOf(request, read)
      if (list !== undefined) add(list, read.key)
    },
    async store(request, read, { before, after }) {
      const { key } = read
      const list = listOf(request, read)
      if (list === undefined) {
        await store.set(key, after)
        return
      }
      // Another page has changed since this one was sent for.
      const isSuspect = after.storedAtMs < list.suspectBeforeMs
      add(list, key)
      await store.set(key, isSuspect ? asExpired(after) : after)
      if (!hasChanged(list, before, after)) return
      const suspectBeforeMs = after.storedAtMs
      list.suspectBeforeMs = Math.max(list.suspectBeforeMs, suspectBeforeMs)
      for (const other of list.keys) {
        if (other === key) continue
        const page = await store.get(other)
        // From here to the store's memory nothing is awaited, so no newer page is replaced.
        if (page !== undefined && page.storedAtMs < suspectBeforeMs)
          await store.set(other, asExpired(page))
      }
    },
  }
}
