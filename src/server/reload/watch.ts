/**
 * Notices when one of a few files changes: written in place, replaced by a rename, or behind a symlink that
 * points elsewhere. It polls, because watching the file system misses some of these.
 */

import { statSync } from 'node:fs'

export interface WatchOptions {
  /** Absolute paths; read each time, because a new configuration may name other files. */
  readonly files: () => readonly string[]
  /** Called once after a change, when the files have been the same at two looks. */
  readonly changed: () => void
  /** By default 2 s. */
  readonly everyMs?: number
  /** A text that changes with the file. By default from inode, size and times. */
  readonly fingerprint?: (path: string) => string
}

export interface Watched {
  look(): void
  close(): void
}

const EVERY_MS = 2_000

export function watchFiles(options: WatchOptions): Watched {
  const { files, changed, everyMs = EVERY_MS, fingerprint = ofStat } = options
  const now = (): string => JSON.stringify(files().map((path) => [path, fingerprint(path)]))
  let known = now()
  let seen = known

  function look(): void {
    const found = now()
    const isSettled = found === seen
    seen = found
    // A file that is still being written would be half a configuration.
    if (found === known || !isSettled) return
    known = found
    changed()
    // The new configuration may name other files; that is no change of theirs.
    known = now()
    seen = known
  }
  const timer = setInterval(look, everyMs)
  timer.unref()
  return { look, close: () => clearInterval(timer) }
}

function ofStat(path: string): string {
  try {
    const { ino, size, mtimeMs, ctimeMs } = statSync(path)
    return [ino, size, mtimeMs, ctimeMs].join(' ')
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unreadable'
  }
}
