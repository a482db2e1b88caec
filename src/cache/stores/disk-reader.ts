/**
 * The file as another process than its owner answers from it. One number is looked at for each request:
 * as long as it is the same nothing in the file has changed, and what was read before still holds. When
 * it is another, everything is read again when it is asked for.
 *
 * What the owner has to have seen by everybody it commits before it says so to anyone. So a request
 * that came after that finds the new number here.
 */

import { open, type RootDatabase } from 'lmdb'
import { LRUCache } from 'lru-cache'
import { CHANGES } from './change-number.js'
import { MAX_DBS } from './disk-options.js'
import {
  ACCOUNT,
  GENERATIONS,
  HEAD,
  type GenerationsHead,
  type GenerationsRecord,
} from '../invalidation/disk-generations.js'
import { EDITION, CREDENTIAL_STATES, type CredentialState } from './change-feed.js'
import { ENTRIES, entryOf, hashOf, type EntryRecord } from './disk-store.js'
import type { StoredResponse } from './entry.js'
import type { AccountGenerations, Generations } from '../invalidation/generations.js'
import type { ResponseStore } from './store.js'

export interface DiskReaderOptions {
  /** The file; its owner has made it. */
  readonly path: string
  /** Answers kept in memory, bytes as `sizeBytes` counts them. */
  readonly maxBytes: number
}

export interface DiskReader {
  /** From now on everything below is as it was committed before this call, or later. */
  refresh(): void
  readonly store: Pick<Required<ResponseStore>, 'get' | 'getNow' | 'usage'>
  readonly generations: Pick<Generations, 'isCurrent'>
  credentialState(principalId: string): CredentialState | undefined
  edition(): string | undefined
  close(): Promise<void>
}

/** Accounts and principals whose records are kept, each. */
const MAX_RECORDS = 10_000

type Meta = number | string

/** @throws Error when the file is not there, or is not what its owner makes */
export function openDiskReader({ path, maxBytes }: DiskReaderOptions): DiskReader {
  const root: RootDatabase<unknown, string> = open({
    path,
    maxDbs: MAX_DBS,
    cache: false,
    readOnly: true,
  })
  const meta = root.openDB<Meta, string>({ name: 'meta' })
  const entries = root.openDB<EntryRecord, Buffer>(ENTRIES)
  const generations = root.openDB<GenerationsRecord, string>({ name: GENERATIONS })
  const credentialStates = root.openDB<CredentialState, string>({ name: CREDENTIAL_STATES })
  let changes: Meta | undefined
  let head: GenerationsHead | undefined
  let edition: Meta | undefined

  const accountRecords = remembered<AccountGenerations>({ max: MAX_RECORDS }, (account) =>
    generations.get(ACCOUNT + account),
  )
  const credentialStateRecords = remembered<CredentialState>({ max: MAX_RECORDS }, (id) =>
    credentialStates.get(id),
  )
  const responses = remembered<StoredResponse>({ maxSize: maxBytes }, (key) => {
    const record = entries.get(hashOf(key))
    return record?.key === key ? entryOf(record) : undefined
  })

  /** What was read while the number was another is read again. */
  function remembered<T extends object>(
    bound: { readonly max: number } | { readonly maxSize: number },
    read: (key: string) => T | undefined | GenerationsHead,
  ) {
    interface Kept {
      readonly changes: Meta | undefined
      readonly value: T | undefined
    }
    const kept = new LRUCache<string, Kept>({
      ...bound,
      ...('maxSize' in bound && {
        sizeCalculation: ({ value }: Kept) => (value as StoredResponse | undefined)?.sizeBytes ?? 1,
      }),
    })
    return {
      get(key: string): T | undefined {
        const found = kept.get(key)
        if (found !== undefined && found.changes === changes) return found.value
        const value = read(key) as T | undefined
        if (value === undefined && 'maxSize' in bound) kept.delete(key)
        else kept.set(key, { changes, value })
        return value
      },
      usage: () => ({ entries: kept.size, bytes: kept.calculatedSize }),
      clear: () => kept.clear(),
    }
  }

  return {
    refresh() {
      // LMDB's snapshot is of the first read after this; without it, of the first read of this turn.
      root.resetReadTxn()
      const now = meta.get(CHANGES)
      if (now === changes) return
      changes = now
      head = generations.get(HEAD) as GenerationsHead | undefined
      edition = meta.get(EDITION)
    },
    store: {
      get: async (key) => responses.get(key),
      getNow: (key) => responses.get(key),
      usage: () => responses.usage(),
    },
    generations: {
      isCurrent(account, resource, generation) {
        const record = accountRecords.get(account)
        const current =
          record === undefined ? (head?.floor ?? 0) : (record.resources[resource] ?? record.floor)
        return current === generation
      },
    },
    credentialState: (principalId) => credentialStateRecords.get(principalId),
    edition: () => edition?.toString(),
    async close() {
      responses.clear()
      await root.close()
    },
  }
}
