/** Where workers reach their primary: a socket in a directory that no other user can enter. */

import { createHash } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { isOwn, ownTemporaryDirectory } from '../server/data-dir/usage-stamp.js'
import { StartRefusedError } from '../server/start-refused.js'

/**
 * Not in the data directory, because its path may be too long for a socket, and some volumes have no sockets.
 * The name is derived from the directory, which this process holds, so a leftover socket can be removed.
 *
 * @throws StartRefusedError when there is no such directory
 */
export function claimSocketPath(dataDir: string): string {
  const directory = ownTemporaryDirectory()
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    if (!isOwn(directory)) throw new Error('other users may write there')
    const name = createHash('sha256').update(resolve(dataDir)).digest('hex').slice(0, 16)
    const path = join(directory, `${name}.sock`)
    rmSync(path, { force: true })
    return path
  } catch (error) {
    throw new StartRefusedError(
      `server.workers needs ${directory} for a socket, which cannot be used (${(error as Error).message}): name another directory for temporary files in TMPDIR, or set server.workers to 1`,
      { cause: error },
    )
  }
}
