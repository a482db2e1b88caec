/**
 * What outlives the process, in one LMDB file: stored answers and the generations, so that an
 * entry can never come back without the counter that invalidated it. See disk-store.ts and
 * disk-generations.ts for the two halves.
 */

import { open, type RootDatabase } from 'lmdb'
import { createChanges, type Changes } from './change-number.js'
import { createDiskGenerations, type DiskGenerations } from '../invalidation/disk-generations.js'
import { createChangeFeed, type ChangeFeed } from './change-feed.js'
import { MAX_DBS } from './disk-options.js'
import type { DiskOptions } from './disk-options.js'
import { createDiskStore } from './disk-store.js'
import { hasRoom } from '../../storage/free-space.js'
import { assertLmdbFile } from '../../storage/lmdb-file.js'
import type { ResponseStore } from './store.js'

export interface Disk {
  readonly store: ResponseStore
  readonly generations: DiskGenerations
  /** Refusals of credentials, and what other processes that read the file need. */
  readonly changeFeed: ChangeFeed
  /** Frees what a process that was killed while it read has left behind. */
  forgetDeadReaders(): void
  /** Why nothing can be written now. */
  problem(): string | undefined
  /** Waits for what is being written. */
  close(): Promise<void>
}

type Meta = number | string

/** Raised when a record changes its shape. A cache of another format is emptied, never misread. */
const FORMAT = 1

/** @throws at a file that LMDB cannot read: the caller sets that aside */
export function openDisk(options: DiskOptions): Disk {
  assertLmdbFile(options.path)
  const root: RootDatabase<unknown, string> = open({
    path: options.path,
    maxDbs: MAX_DBS,
    cache: false,
  })
  const meta = root.openDB<Meta, string>({ name: 'meta' })
  if (meta.get('format') !== FORMAT || meta.get('origin') !== options.origin) {
    for (const name of ['entries', 'order', 'fence', 'writes']) root.openDB({ name }).clearSync()
    meta.putSync('format', FORMAT)
    meta.putSync('origin', options.origin)
    meta.removeSync('entries')
    meta.removeSync('bytes')
  }
  const changes = createChanges(meta)
  const store = createDiskStore(root, meta, { ...options, changes })
  const generations = diskGenerationsOf(root, { ...options, changes })
  return {
    store,
    generations,
    changeFeed: createChangeFeed(root, meta, { ...options, changes }),
    forgetDeadReaders: () => void root.readerCheck(),
    problem: () =>
      hasRoom(options.path)
        ? undefined
        : `Less than 1 MiB is free for ${options.path}: make room on its disk`,
    async close() {
      await store.close()
      generations.close()
      await root.flushed
      await root.close()
    },
  }
}

function diskGenerationsOf(
  root: RootDatabase<unknown, string>,
  options: DiskOptions & { readonly changes: Changes },
): DiskGenerations {
  try {
    return createDiskGenerations(root, options)
  } catch (error) {
    void root.close()
    throw error
  }
}
