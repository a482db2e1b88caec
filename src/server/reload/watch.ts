/**
 * Notices when one of a few files changes: written in place, renamed over, or behind a symlink that
 * points elsewhere. Looked at now and then, because a watch of the file system misses one or the other.
 */

import { statSync } from 'node:fs'

export interface WatchOptions {
  /** Absolute paths, asked for anew each time: a new configuration may name others. */
  readonly files: () => readonly string[]
  /** Called once after a change, when the files have been the same at two looks. */
  readonly changed: () => void
  /** By default 2 s. */
  readonly everyMs?: number
  /** Something that differs when the file does. By default from inode, size and times. */
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
    // A file that is being written is not half a configuration.
    if (found === known || !isSettled) return
    known = found
    changed()
    // What has been read may name other files; those are not changes.
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
