/**
 * The generations and the writes in flight, on disk. After a crash the outcome of a write that was in
 * flight is unknown: its scope is invalidated again, so nothing read meanwhile comes back as current.
 */

import type { RootDatabase } from 'lmdb'
import { assertRoom } from '../../storage/free-space.js'
import { within } from '../../storage/within.js'
import type { Changes } from '../stores/change-number.js'
import type { DiskOptions } from '../stores/disk-options.js'
import { assertGenerationsShape } from '../stores/disk-shape.js'
import type { AccountGenerations, GenerationsSnapshot } from './generations.js'
import type { InvalidationScope } from './invalidation-scope.js'

interface OpenWrite {
  readonly account: string
  readonly scope: InvalidationScope
}

export interface DiskGenerations {
  /** Counters and unfinished writes of the process before. */
  load(): {
    readonly snapshot: GenerationsSnapshot
    readonly unfinished: readonly (OpenWrite & { readonly id: number })[]
  }
  /** Call it in every invalidation; saved with the `begin` or `end` of the same turn. */
  save(raised: AccountGenerations, head: GenerationsHead): void
  /** Resolves when the write is durable: only then may it be sent. */
  begin(id: number, write: OpenWrite): Promise<void>
  /**
   * With readers, resolves when all of them see what was saved or have stopped answering; undefined
   * without readers. Never rejects.
   */
  end(id: number): Promise<void> | undefined
  /**
   * Afterwards no write may begin, and a write that ends stays noted as unfinished, so it invalidates
   * again at the next start. LMDB would crash the process on a put after closing.
   */
  close(): void
}

export type GenerationsHead = Omit<GenerationsSnapshot, 'accounts'>
export type GenerationsRecord = AccountGenerations | GenerationsHead

/** The name of the database on disk; data of earlier versions has it too. */
export const GENERATIONS = 'fence'
export const HEAD = 'head'
export const ACCOUNT = 'account:'

/** @throws Error when what is there is not what we write */
export function createDiskGenerations(
  root: RootDatabase<unknown, string>,
  {
    path,
    changes,
    onError,
    readers,
  }: { readonly changes: Changes } & Pick<DiskOptions, 'path' | 'onError' | 'readers'>,
): DiskGenerations {
  const counters = root.openDB<GenerationsRecord, string>({ name: GENERATIONS })
  const writes = root.openDB<OpenWrite, number>({ name: 'writes' })
  let isClosed = false
  /** The last bump. */
  let saved: Promise<unknown> = Promise.resolve()
  const read = () => ({
    head: counters.get(HEAD) as GenerationsHead | undefined,
    accounts: [...counters.getRange({ start: ACCOUNT, end: `${ACCOUNT}\uffff` })].map(
      ({ value }) => value as AccountGenerations,
    ),
    writes: [...writes.getRange({})],
  })
  // Here and not in load(): whoever opens a damaged file can still set it aside.
  assertGenerationsShape(read())

  return {
    load() {
      const { head, accounts, writes } = read()
      const unfinished = writes.map(({ key, value }) => ({ id: key, ...value }))
      return {
        snapshot: { latest: head?.latest ?? 0, floor: head?.floor ?? 0, accounts },
        unfinished,
      }
    },
    save(raised, head) {
      if (isClosed) return
      saved = Promise.all([
        counters.put(ACCOUNT + raised.account, raised),
        counters.put(HEAD, head),
        changes.note(),
      ])
      saved.catch(onError)
    },
    async begin(id, write) {
      if (isClosed) throw new Error('the disk is closed')
      assertRoom(path)
      await within(Promise.all([saved, writes.put(id, write)]))
      // Committed is enough against a kill; against a power cut it has to be on the disk.
      await within(root.flushed)
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
