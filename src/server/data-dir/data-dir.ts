/**
 * The data directory: made if need be, claimed for this process alone, with the key for the hashes
 * of credentials in it. See owner.ts for the claim and marker.ts for a directory that was lost.
 */

import { createHmac, randomBytes } from 'node:crypto'
import {
  accessSync,
  chmodSync,
  constants,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { openDisk } from '../../cache/index.js'
import type { Disk, DiskOptions } from '../../cache/index.js'
import { openLmdbJournal, openLmdbSpendingJournal } from '../../limits/index.js'
import { FileFormatError } from '../../storage/open-database.js'
import type { Clock, Journal, SpendingJournal } from '../../limits/index.js'
import type { HistoryJournal } from '../../dashboard/history/journal.js'
import { openLmdbHistoryJournal } from '../../dashboard/history/lmdb-journal.js'
import { inDoubtUntilMs } from '../../idempotency/doubt.js'
import { openLmdbRecords } from '../../idempotency/lmdb-records.js'
import type { KeyRecords } from '../../idempotency/records.js'
import { claimDirectory } from './directory-lock.js'
import { StartRefusedError } from '../start-refused.js'

/** Stored answers and generations, in the data directory. */
export const CACHE_FILE = 'cache.mdb'

export interface DataDir {
  readonly path: string
  /** Closing it gives the directory free. */
  readonly journal: Journal
  readonly spending: SpendingJournal
  readonly history: HistoryJournal
  readonly secret: Uint8Array
  readonly disk: Disk
  readonly idempotency: {
    readonly records: KeyRecords
    /** Epoch milliseconds; see doubt.ts. */
    readonly inDoubtUntilMs: number
  }
  /** Files that could not be read, and the names that they were moved to. */
  readonly setAside: {
    readonly ledger?: string
    readonly cache?: string
    readonly 'spending book'?: string
    readonly 'history of the dashboard'?: string
    readonly 'record of idempotency keys'?: string
  }
}

/** @throws StartRefusedError when the directory cannot be used */
export async function openDataDir(
  dir: string,
  clock: Clock,
  cache: Omit<DiskOptions, 'path'>,
): Promise<DataDir> {
  const path = resolve(dir)
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new StartRefusedError(
      `the data directory ${path} cannot be used (${code}): give another with --data-dir, or let uid ${process.getuid?.() ?? '?'} write there`,
      { cause: error },
    )
  }
  const claim = await claimDirectory(path, clock)
  try {
    const ledger = openOrSetAside(join(path, 'ledger.mdb'), openLmdbJournal)
    const stored = openOrSetAside(join(path, CACHE_FILE), (file) =>
      openDisk({ ...cache, path: file }),
    )
    const spending = openOrSetAside(join(path, 'spending.mdb'), openLmdbSpendingJournal)
    const history = openOrSetAside(join(path, 'history.mdb'), openLmdbHistoryJournal)
    const secret = secretOf(join(path, 'secret.key'))
    const secretCheck = createHmac('sha256', secret).update('idempotency').digest('hex')
    const keysFile = join(path, 'idempotency.mdb')
    const keys = openOrSetAside(keysFile, (file) => openLmdbRecords(file, { secretCheck }))
    const journal = ledger.opened
    const close = async (): Promise<void> => {
      await journal.close()
      await claim.release()
    }
    keepFromOthers(path)
    return {
      path,
      journal: { ...journal, close },
      spending: spending.opened,
      history: history.opened,
      disk: stored.opened,
      secret,
      idempotency: { records: keys.opened, inDoubtUntilMs: inDoubtUntilMs(keysFile) },
      setAside: {
        ...(ledger.setAside !== undefined && { ledger: ledger.setAside }),
        ...(stored.setAside !== undefined && { cache: stored.setAside }),
        ...(spending.setAside !== undefined && { 'spending book': spending.setAside }),
        ...(history.setAside !== undefined && { 'history of the dashboard': history.setAside }),
        ...(keys.setAside !== undefined && { 'record of idempotency keys': keys.setAside }),
      },
    }
  } catch (error) {
    await claim.release()
    throw error
  }
}

/** A damaged file must not keep the proxy from starting, nor be taken for an empty one. */
function openOrSetAside<T>(
  file: string,
  open: (file: string) => T,
): { opened: T; setAside: string | undefined } {
  try {
    return { opened: open(file), setAside: undefined }
  } catch (error) {
    if (error instanceof FileFormatError) {
      throw new StartRefusedError(error.message, { cause: error })
    }
    const setAside = `${file}.damaged-${new Date().toISOString().replaceAll(':', '')}`
    renameSync(file, setAside)
    rmSync(`${file}-lock`, { force: true })
    return { opened: open(file), setAside }
  }
}

/** Our files by their names; a directory that was there before keeps the rights it was given. */
const OWN_FILE = /^(?:ledger|spending|history|cache|idempotency|owner)\.mdb|^secret\.key$/

function keepFromOthers(path: string): void {
  for (const name of readdirSync(path).filter((name) => OWN_FILE.test(name))) {
    try {
      chmodSync(join(path, name), 0o600)
    } catch {
      // Some file systems know no such rights, or it belongs to somebody who gave us access.
    }
  }
}

const SECRET_BYTES = 32

function secretOf(file: string): Uint8Array {
  try {
    const secret = readFileSync(file)
    if (secret.length === SECRET_BYTES) return secret
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const secret = randomBytes(SECRET_BYTES)
  writeFileSync(file, secret, { mode: 0o600 })
  return secret
}
