/**
 * The fence's counters on disk, and the writes that are out. After a crash each write that was out has
 * ended, nobody knows how: what it touches is outdated once more, so that nothing read while it was
 * under way comes back as current.
 */

import type { RootDatabase } from 'lmdb'
import { assertFenceShape } from './disk-shape.js'
import type { AccountGenerations, FenceSnapshot } from './fence.js'
import type { TouchScope } from './touch.js'

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
  save(bumped: AccountGenerations, head: Omit<FenceSnapshot, 'accounts'>): void
  /** Resolves when a crash can no longer forget the write: only then may it leave. */
  begin(id: number, write: OpenWrite): Promise<void>
  end(id: number): void
  /**
   * Afterwards no write may begin, and what ends stays noted as unfinished: outdated once more at the
   * next start. LMDB would end the process at a put that comes too late.
   */
  close(): void
}

type FenceRecord = AccountGenerations | Omit<FenceSnapshot, 'accounts'>

const HEAD = 'head'
const ACCOUNT = 'account:'

/** @throws Error when what is there is not what we write */
export function createDiskFence(
  root: RootDatabase<unknown, string>,
  onError: (error: unknown) => void,
): DiskFence {
  const counters = root.openDB<FenceRecord, string>({ name: 'fence' })
  const writes = root.openDB<OpenWrite, number>({ name: 'writes' })
  let isClosed = false
  const read = () => ({
    head: counters.get(HEAD) as Omit<FenceSnapshot, 'accounts'> | undefined,
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
      counters.put(ACCOUNT + bumped.account, bumped).catch(onError)
      counters.put(HEAD, head).catch(onError)
    },
    async begin(id, write) {
      if (isClosed) throw new Error('the disk is closed')
      await writes.put(id, write)
      // Committed is enough against a kill; against a power cut it has to be on the disk.
      await root.flushed
    },
    end(id) {
      if (!isClosed) writes.remove(id).catch(onError)
    },
    close() {
      isClosed = true
    },
  }
}
