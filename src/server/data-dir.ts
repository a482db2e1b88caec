/**
 * The data directory: made if need be, claimed for this process alone, with the key for the hashes
 * of credentials in it. See owner.ts for the claim and marker.ts for a directory that was lost.
 */

import { randomBytes } from 'node:crypto'
import { accessSync, constants, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { JournalFormatError, openLmdbJournal } from '../limits/index.js'
import type { Clock, Journal } from '../limits/index.js'
import { claimDirectory } from './owner.js'
import { StartRefusedError } from './start-refused.js'

export interface DataDir {
  readonly path: string
  /** Closing it gives the directory free. */
  readonly journal: Journal
  readonly secret: Uint8Array
  /** The ledger's file could not be read and was moved to this name. */
  readonly setAside: string | undefined
}

/** @throws StartRefusedError when the directory cannot be used */
export async function openDataDir(dir: string, clock: Clock): Promise<DataDir> {
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
    const { journal, setAside } = openJournal(join(path, 'ledger.mdb'))
    const close = async (): Promise<void> => {
      await journal.close()
      await claim.release()
    }
    const secret = secretOf(join(path, 'secret.key'))
    return { path, journal: { ...journal, close }, secret, setAside }
  } catch (error) {
    await claim.release()
    throw error
  }
}

/** A damaged ledger must not keep the proxy from starting, nor be taken for an empty one. */
function openJournal(file: string): { journal: Journal; setAside: string | undefined } {
  try {
    return { journal: openLmdbJournal(file), setAside: undefined }
  } catch (error) {
    if (error instanceof JournalFormatError)
      throw new StartRefusedError(error.message, { cause: error })
    const setAside = `${file}.damaged-${new Date().toISOString().replaceAll(':', '')}`
    renameSync(file, setAside)
    return { journal: openLmdbJournal(file), setAside }
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
