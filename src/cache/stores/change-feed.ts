/**
 * What other processes that answer from the same file have to know besides answers and generations: what
 * the upstream last said of each credential, and by which edition of the configuration to judge. It is
 * of this run only: a start forgets it, as what is in memory is forgotten.
 */

import type { Database, RootDatabase } from 'lmdb'
import { LRUCache } from 'lru-cache'
import type { Changes } from './change-number.js'
import type { DiskOptions } from './disk.js'

export interface Standing {
  /** When it was last let in, epoch milliseconds; up to a minute early, never late. */
  readonly acceptedAtMs?: number
  /** When it was last refused with 401, epoch milliseconds. */
  readonly refusedAtMs?: number
}

/** What is waited for resolves when every reader sees it, or answers no more. Never rejects. */
export interface DiskNotices {
  accepted(principalId: string, wallMs: number): void
  refused(principalId: string, wallMs: number): Promise<void>
  /** Who has another edition answers nothing. */
  edition(edition: string): Promise<void>
}

export const STANDINGS = 'standings'
export const EDITION = 'edition'

/** Principals that are remembered; the one not heard of for longest goes first. */
const MAX_PRINCIPALS = 10_000
/** An acceptance is not written for each call. */
const ACCEPTED_EVERY_MS = 60_000

export function createDiskNotices(
  root: RootDatabase<unknown, string>,
  meta: Database<number | string, string>,
  {
    changes,
    onError,
    readers,
  }: { readonly changes: Changes } & Pick<DiskOptions, 'onError' | 'readers'>,
): DiskNotices {
  const standings = root.openDB<Standing, string>({ name: STANDINGS })
  standings.clearSync()
  meta.removeSync(EDITION)
  changes.noteSync()
  const known = new LRUCache<string, Standing>({
    max: MAX_PRINCIPALS,
    dispose: (_standing, principalId, reason) => {
      if (reason === 'evict') standings.remove(principalId).catch(onError)
    },
  })

  function put(principalId: string, standing: Standing): Promise<unknown> {
    known.set(principalId, standing)
    return Promise.all([standings.put(principalId, standing), changes.note()])
  }

  async function seen(written: Promise<unknown>): Promise<void> {
    try {
      await written
    } catch (error) {
      onError(error)
      await readers?.lost()
    }
  }

  return {
    accepted(principalId, wallMs) {
      const before = known.get(principalId)
      const { acceptedAtMs = 0, refusedAtMs = 0 } = before ?? {}
      const sinceMs = wallMs - acceptedAtMs
      if (acceptedAtMs > refusedAtMs && sinceMs >= 0 && sinceMs < ACCEPTED_EVERY_MS) return
      put(principalId, { ...before, acceptedAtMs: wallMs }).catch(onError)
    },
    refused: (principalId, wallMs) => seen(put(principalId, { refusedAtMs: wallMs })),
    edition: (edition) => seen(Promise.all([meta.put(EDITION, edition), changes.note()])),
  }
}
