/** The store of the generic profile: in memory, least recently used URI first out, bounded in bytes. */

import { LRUCache } from 'lru-cache'
import type { RequestHeaders } from '../rules/header-list.js'
import type { StoreUsage } from '../stores/store.js'
import { asStale, type HttpEntry } from './entry.js'
import { isSelected } from './selection.js'
import { isSelectedBy } from './vary.js'
import { createUriGenerations, type UriGenerations } from './uri-generations.js'
import { uriOf } from './target-key.js'

export interface HttpStoreOptions {
  /** All entries together, bytes. */
  readonly maxBytes: number
  /** Answers to one URI that differ by Vary or by spelling; the oldest goes first. By default 32. */
  readonly maxVariants?: number
  /** Called for every URI whose answers had to go to make room. */
  readonly onEvict?: () => void
  /** See `createGenerations`. */
  readonly maxUris?: number
}

export interface HttpStore {
  /** The newest answer that this request selects. */
  select(target: string, request: RequestHeaders): HttpEntry | undefined
  /** Whether there is any answer to this target, for whatever request. */
  hasVariants(target: string): boolean
  /** The names in the Vary of the newest answer to this target. */
  varyOf(target: string): readonly string[]
  /** Keeps it in the place of all that the same request selects. False: too large, and none is kept. */
  set(entry: HttpEntry, request: RequestHeaders): boolean
  /** Puts another in the place of this one, unless it has gone. */
  replace(entry: HttpEntry, by: HttpEntry): void
  /** Makes it stale, unless it has gone. */
  expire(entry: HttpEntry): void
  delete(entry: HttpEntry): void
  /** Drops all answers to the URI, and raises its generation, which it returns. */
  outdate(target: string): number
  generation(target: string): number
  /** Raises the generation only: what is stored stays, what is on its way is not stored. */
  invalidate(target: string): number
  /** Drops those of this path, whatever their query, or all; `soft` makes them stale. How many. */
  purge(selection: { readonly path?: string; readonly soft?: boolean }): number
  usage(): StoreUsage
  close(): void
}

export function createHttpStore(options: HttpStoreOptions): HttpStore {
  const { maxBytes, maxVariants = 32, maxUris, onEvict } = options
  const generations: UriGenerations = createUriGenerations(maxUris === undefined ? {} : { maxUris })
  let entryCount = 0
  /** Newest first. */
  const resources = new LRUCache<string, readonly HttpEntry[]>({
    maxSize: maxBytes,
    sizeCalculation: bytesOf,
    dispose: (entries, _uri, reason) => {
      entryCount -= entries.length
      if (reason === 'evict') onEvict?.()
    },
  })
  let isClosed = false

  function put(uri: string, entries: readonly HttpEntry[]): void {
    if (entries.length === 0 || isClosed) {
      resources.delete(uri)
      return
    }
    entryCount += entries.length
    resources.set(uri, entries)
    // What does not fit is refused by lru-cache, and was not disposed of.
    if (resources.peek(uri) !== entries) entryCount -= entries.length
  }

  const variantsOf = (target: string): readonly HttpEntry[] =>
    (resources.get(uriOf(target)) ?? []).filter((entry) => entry.target === target)

  function replace(entry: HttpEntry, ...by: readonly HttpEntry[]): void {
    const uri = uriOf(entry.target)
    const entries = resources.peek(uri)
    if (entries?.includes(entry) !== true) return
    put(uri, [...by, ...entries.filter((other) => other !== entry)])
  }

  return {
    select(target, request) {
      const matching = variantsOf(target).filter((entry) => isSelected(entry, request))
      // RFC 9111 §4.1: of several the one with the latest Date; of equals the one stored last.
      return matching.reduce<HttpEntry | undefined>(
        (best, entry) => (best === undefined || entry.dateMs > best.dateMs ? entry : best),
        undefined,
      )
    },
    hasVariants: (target) => variantsOf(target).length > 0,
    varyOf: (target) => variantsOf(target)[0]?.selecting.map(([name]) => name) ?? [],
    set(entry, request) {
      const uri = uriOf(entry.target)
      const others = (resources.peek(uri) ?? []).filter(
        (other) =>
          other.target !== entry.target ||
          !isSelectedBy(other.selecting, request) ||
          // A part is no reason to drop the whole.
          (entry.status === 206 && other.status !== 206),
      )
      const kept = [entry, ...others].slice(0, maxVariants)
      while (kept.length > 1 && bytesOf(kept) > maxBytes) kept.pop()
      put(uri, kept)
      return resources.peek(uri)?.includes(entry) ?? false
    },
    replace,
    expire: (entry) => replace(entry, asStale(entry)),
    delete: (entry) => replace(entry),
    outdate(target) {
      resources.delete(uriOf(target))
      return generations.invalidate(uriOf(target))
    },
    generation: (target) => generations.of(uriOf(target)),
    invalidate: (target) => generations.invalidate(uriOf(target)),
    purge({ path, soft = false }) {
      const wanted = path === undefined ? undefined : pathOf(uriOf(path))
      let count = 0
      for (const [uri, entries] of [...resources.entries()].toReversed()) {
        if (wanted !== undefined && pathOf(uri) !== wanted) continue
        count += entries.length
        if (soft) put(uri, entries.map(asStale))
        else resources.delete(uri)
      }
      // What is on its way left before the purge, so it must not come back into the store.
      generations.invalidateAll()
      return count
    },
    usage: () => ({ entries: entryCount, bytes: resources.calculatedSize }),
    close() {
      isClosed = true
      resources.clear()
    },
  }
}

const bytesOf = (entries: readonly HttpEntry[]): number =>
  entries.reduce((total, { sizeBytes }) => total + sizeBytes, 0)

function pathOf(uri: string): string {
  const [path = ''] = uri.split('?', 1)
  return path.length > 1 ? path.replace(/\/$/u, '') : path
}
