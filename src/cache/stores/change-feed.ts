/**
 * What is needed besides entries and generations to answer from the same file: the state of each credential,
 * and the edition of the configuration. Refusals outlive the process, because the entries that they hide do;
 * the rest belongs to this run and is for other processes.
 */

import type { Database, RootDatabase } from 'lmdb'
import { LRUCache } from 'lru-cache'
import type { Changes } from './change-number.js'
import type { DiskOptions } from './disk-options.js'

export interface CredentialState {
  /** When the upstream last accepted it, epoch milliseconds; up to a minute early, never late. */
  readonly acceptedAtMs?: number
  /** When the upstream last refused it with 401, epoch milliseconds. */
  readonly refusedAtMs?: number
}

/** Promises resolve when every reader sees the change, or answers no more. They never reject. */
export interface ChangeFeed {
  accepted(principalId: string, wallMs: number): void
  refused(principalId: string, wallMs: number): Promise<void>
  /** When it was last refused, in this run or an earlier one, epoch milliseconds. */
  refusedAtMs(principalId: string): number | undefined
  /** A reader with another edition answers nothing. */
  edition(edition: string): Promise<void>
}

/** The name of the database on disk. */
export const CREDENTIAL_STATES = 'standings'
export const EDITION = 'edition'

/** Principals that are remembered; the least recently used one goes first. */
const MAX_PRINCIPALS = 10_000
/** An acceptance is not written for each call. */
const ACCEPTED_EVERY_MS = 60_000

export function createChangeFeed(
  root: RootDatabase<unknown, string>,
  meta: Database<number | string, string>,
  {
    changes,
    onError,
    readers,
  }: { readonly changes: Changes } & Pick<DiskOptions, 'onError' | 'readers'>,
): ChangeFeed {
  const credentialStates = root.openDB<CredentialState, string>({ name: CREDENTIAL_STATES })
  const known = new LRUCache<string, CredentialState>({
    max: MAX_PRINCIPALS,
    dispose: (_state, principalId, reason) => {
      if (reason === 'evict') credentialStates.remove(principalId).catch(onError)
    },
  })

  const refused = [...credentialStates.getRange()].flatMap(({ key, value: { refusedAtMs } }) =>
    typeof refusedAtMs !== 'number' ? [] : ([[key, { refusedAtMs }]] as const),
  )
  credentialStates.clearSync()
  for (const [id, state] of refused.slice(-MAX_PRINCIPALS)) {
    known.set(id, state)
    credentialStates.putSync(id, state)
  }
  if (readers !== undefined) {
    meta.removeSync(EDITION)
    changes.noteSync()
  }

  async function put(principalId: string, credentialState: CredentialState): Promise<void> {
    known.set(principalId, credentialState)
    const written = credentialStates.put(principalId, credentialState)
    await (readers === undefined ? written : Promise.all([written, changes.note()]))
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
    refusedAtMs: (principalId) => known.peek(principalId)?.refusedAtMs,
    accepted(principalId, wallMs) {
      // Whether it was accepted is known in this process; only other processes read it here.
      if (readers === undefined) return
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
