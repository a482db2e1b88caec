/**
 * The data directory: made if need be, claimed for this process alone, with the key for the hashes
 * of credentials in it. See directory-lock.ts for the claim and usage-stamp.ts for a directory that was lost.
 */

import { randomBytes } from 'node:crypto'
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
import type { FastifyBaseLogger } from 'fastify'
import { openDisk } from '../../cache/index.js'
import type { Disk, DiskOptions } from '../../cache/index.js'
import { openLmdbJournal, openLmdbSpendingJournal } from '../../limits/index.js'
import { FileFormatError } from '../../storage/open-database.js'
import type { Clock, Journal, SpendingJournal } from '../../limits/index.js'
import { lockDirectory } from './directory-lock.js'
import type { OpenFile } from '../ports/open-file.js'
import { StartRefusedError } from '../start-refused.js'

const LEDGER_FILE = 'ledger.mdb'
/** Cache entries and generations. */
export const CACHE_FILE = 'cache.mdb'

export interface DataDir {
  readonly path: string
  /** Closing it gives the directory free. */
  readonly journal: Journal
  readonly spending: SpendingJournal
  readonly secret: Uint8Array
  readonly disk: Disk
  /** The ledger could not be read, and a new one was begun. */
  readonly isLedgerLost: boolean
  /** Opens another file; one that is damaged is set aside, and a new one begun. */
  readonly openFile: OpenFile
}

type CacheOptions = Omit<DiskOptions, 'path' | 'onError'> & {
  readonly log: Pick<FastifyBaseLogger, 'error'>
}

/** @throws StartRefusedError when the directory cannot be used */
export async function openDataDir(
  dir: string,
  clock: Clock,
  { log, ...cache }: CacheOptions,
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
  const claim = await lockDirectory(path, clock)
  const setAside = new Set<string>()
  const openFile: OpenFile = (file, what, open) => {
    const opened = openOrSetAside(join(path, file), open)
    if (opened.setAside !== undefined) {
      setAside.add(file)
      log.error(
        `the ${what} could not be read; its file was moved to ${opened.setAside}, and a new one begun`,
      )
    }
    keepFromOthers(path)
    return opened.opened
  }
  const onError = (error: unknown): void =>
    log.error({ err: error }, 'the cache could not be written to the disk')
  try {
    const journal = openFile(LEDGER_FILE, 'ledger', openLmdbJournal)
    const disk = openFile(CACHE_FILE, 'cache', (file) =>
      openDisk({ ...cache, onError, path: file }),
    )
    const spending = openFile('spending.mdb', 'spending book', openLmdbSpendingJournal)
    const secret = secretOf(join(path, 'secret.key'))
    const close = async (): Promise<void> => {
      await journal.close()
      await claim.release()
    }
    return {
      path,
      journal: { ...journal, close },
      spending,
      disk,
      secret,
      isLedgerLost: setAside.has(LEDGER_FILE),
      openFile,
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
