/**
 * The data directory: created if necessary, and locked for this process. It contains the key for the hashes
 * of credentials. See directory-lock.ts for the lock and usage-stamp.ts for a directory that was lost.
 */

import { randomBytes } from 'node:crypto'
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
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
import { openJournalFile, openLmdbSpendingJournal } from '../../limits/index.js'
import { FileFormatError } from '../../storage/file-format-error.js'
import { hasRoom } from '../../storage/free-space.js'
import type { Clock, Journal, SpendingJournal } from '../../limits/index.js'
import { moveLmdbLedger } from './move-lmdb-ledger.js'
import { lockDirectory } from './directory-lock.js'
import type { OpenFile } from '../ports/open-file.js'
import { StartRefusedError } from '../start-refused.js'

export const LEDGER_FILE = 'ledger.slots'
/** Of version 1. */
export const EARLIER_LEDGER_FILE = 'ledger.mdb'
/** Cache entries and generations. */
export const CACHE_FILE = 'cache.mdb'

export interface DataDir {
  readonly path: string
  /** Closing it releases the directory. */
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
  readonly log: Pick<FastifyBaseLogger, 'error' | 'warn'>
  /** Another process has taken the directory: nothing is sent any more. */
  readonly onLost?: () => void
}

/** @throws StartRefusedError when the directory cannot be used */
export async function openDataDir(
  dir: string,
  clock: Clock,
  { log, onLost, ...cache }: CacheOptions,
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
  useReserve(path)
  const lock = await lockDirectory(path, {
    clock,
    onWait: (text) => log.warn(text),
    ...(onLost !== undefined && { onLost }),
  })
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
    openFile(EARLIER_LEDGER_FILE, 'ledger', (file) => moveLmdbLedger(file, join(path, LEDGER_FILE)))
    const journal = openFile(LEDGER_FILE, 'ledger', openJournalFile)
    const disk = openFile(CACHE_FILE, 'cache', (file) =>
      openDisk({ ...cache, onError, path: file }),
    )
    const spending = openFile('spending.mdb', 'spending book', openLmdbSpendingJournal)
    const secret = secretOf(join(path, 'secret.key'))
    const close = async (): Promise<void> => {
      await journal.close()
      await lock.release()
    }
    return {
      path,
      journal: {
        ...journal,
        // Before each request: it must not be sent if the directory is another process's now.
        putSlot: async (index, record) => {
          if (!lock.isHeld()) throw new Error('another process has taken the data directory')
          await journal.putSlot(index, record)
        },
        close,
      },
      spending,
      disk,
      secret,
      isLedgerLost: setAside.has(LEDGER_FILE) || setAside.has(EARLIER_LEDGER_FILE),
      openFile,
    }
  } catch (error) {
    await lock.release()
    throw error
  }
}

/** A file that is given up on a full disk, so that the other files can be opened there. */
function useReserve(path: string): void {
  const file = join(path, 'reserve')
  if (!hasRoom(file)) rmSync(file, { force: true })
  else if (!existsSync(file)) {
    try {
      writeFileSync(file, Buffer.alloc(RESERVE_BYTES), { mode: 0o600 })
    } catch {
      // The next start tries again.
    }
  }
}

const RESERVE_BYTES = 1_048_576

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

/** Our files, by name; an existing directory keeps its permissions. */
const OWN_FILE =
  /^(?:ledger|spending|history|cache|idempotency|owner)\.mdb|^ledger\.slots|^secret\.key$|^owner\.json$/

function keepFromOthers(path: string): void {
  for (const name of readdirSync(path).filter((name) => OWN_FILE.test(name))) {
    try {
      chmodSync(join(path, name), 0o600)
    } catch {
      // Some file systems have no such rights, or another user owns the file and gave us access.
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
