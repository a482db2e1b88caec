/** A full disk. It is checked before each write, because a failed commit of lmdb can damage the process. */

import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'

/** Kept free for the pages that a small change copies, and for other writers on the same disk. */
const MIN_FREE_BYTES = 1_048_576

/** Whether the disk of `file` has room for a record of so many bytes. */
export function hasRoom(file: string, bytes = 0): boolean {
  try {
    const { bavail, bsize } = statfsSync(dirname(file))
    return bavail * bsize >= MIN_FREE_BYTES + 2 * bytes
  } catch {
    return false
  }
}

/** @throws Error when there is no room */
export function assertRoom(file: string): void {
  if (!hasRoom(file)) throw new Error(`less than 1 MiB is free for ${file}: make room on its disk`)
}
