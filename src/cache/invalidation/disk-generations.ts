/**
 * The fence's counters on disk, and the writes that are out. After a crash each write that was out has
 * ended, nobody knows how: what it touches is outdated once more, so that nothing read while it was
 * under way comes back as current.
 */

import type { RootDatabase } from 'lmdb'
import type { Changes } from '../stores/change-number.js'
import type { DiskOptions } from '../stores/disk.js'
import { assertFenceShape } from '../stores/disk-shape.js'
import type { AccountGenerations, FenceSnapshot } from './generations.js'
import type { TouchScope } from './invalidation-scope.js'

interface OpenWrite {
  readonly account: string
  readonly scope: TouchScope
}

export interface DiskFence {
  /** Counters and unfinished writes of the process before. */
  load(): {
    readonly snapshot: FenceSnapshot
    readonly unfinished: readonly (OpenWrite & { readonly id: number })[]
  }
  /** To be called in every bump; written with the `begin` or `end` of the same turn. */
  save(bumped: AccountGenerations, head: FenceHead): void
  /** Resolves when a crash can no longer forget the write: only then may it leave. */
  begin(id: number, write: OpenWrite): Promise<void>
  /**
   * With readers it resolves when all of them see what was saved, or answer no more; undefined without.
   * Never rejects.
   */
  end(id: number): Promise<void> | undefined
  /**
   * Afterwards no write may begin, and what ends stays noted as unfinished: outdated once more at the
   * next start. LMDB would end the process at a put that comes too late.
   */
  close(): void
}

export type FenceHead = Omit<FenceSnapshot, 'accounts'>
export type FenceRecord = AccountGenerations | FenceHead

export const FENCE = 'fence'
export const HEAD = 'head'
export const ACCOUNT = 'account:'

/** @throws Error when what is there is not what we write */
export function createDiskFence(
  root: RootDatabase<unknown, string>,
  {
    changes,
    onError,
    readers,
  }: { readonly changes: Changes } & Pick<DiskOptions, 'onError' | 'readers'>,
): DiskFence {
  const counters = root.openDB<FenceRecord, string>({ name: FENCE })
  const writes = root.openDB<OpenWrite, number>({ name: 'writes' })
  let isClosed = false
  /** The last bump. */
  let saved: Promise<unknown> = Promise.resolve()
  const read = () => ({
    head: counters.get(HEAD) as FenceHead | undefined,
    accounts: [...counters.getRange({ start: ACCOUNT, end: `${ACCOUNT}\uffff` })].map(
      ({ value }) => value as AccountGenerations,
    ),
    writes: [...writes.getRange({})],
  })
  // Here and not in load(): whoever opens a damaged file can still set it aside.
  assertFenceShape(read())

  return {
    load() {
      const { head, accounts, writes } = read()
      const unfinished = writes.map(({ key, value }) => ({ id: key, ...value }))
      return {
        snapshot: { latest: head?.latest ?? 0, floor: head?.floor ?? 0, accounts },
        unfinished,
      }
    },
    save(bumped, head) {
      if (isClosed) return
      saved = Promise.all([
        counters.put(ACCOUNT + bumped.account, bumped),
        counters.put(HEAD, head),
        changes.note(),
      ])
      saved.catch(onError)
    },
    async begin(id, write) {
      if (isClosed) throw new Error('the disk is closed')
      await Promise.all([saved, writes.put(id, write)])
      // Committed is enough against a kill; against a power cut it has to be on the disk.
      await root.flushed
    },
    end(id) {
      if (isClosed) return undefined
      const ended = Promise.all([saved, writes.remove(id)]).then(
        () => {},
        (error: unknown) => {
          onError(error)
          return readers?.lost()
        },
      )
      return readers === undefined ? undefined : ended
    },
    close() {
      isClosed = true
    },
  }
}
