/** Where log lines go: standard output or a file, written to in a way that never blocks the event loop. */

import { closeSync, constants, fstatSync, openSync, write, writeSync } from 'node:fs'
import { isatty } from 'node:tty'

export interface LogTarget {
  /** Calls back with how many bytes were taken, or with the error; maybe before it returns. */
  write(bytes: Buffer, done: (error: NodeJS.ErrnoException | null, written: number) => void): void
  /** At the end of the process: how many bytes were taken. Never throws, never waits for a reader. */
  writeSync(bytes: Buffer): number
  /** @throws Error when the file cannot be opened; then the old one stays. */
  reopen?(): void
}

const STDOUT = 1
const OWNER_ONLY = 0o600

/** @throws Error when the file cannot be opened */
export function fileTarget(path: string): LogTarget {
  const open = (): number => openSync(path, 'a', OWNER_ONLY)
  let fd = open()
  return {
    write: (bytes, done) => write(fd, bytes, 0, bytes.length, null, done),
    writeSync: (bytes) => writeNow(fd, bytes),
    reopen() {
      const old = fd
      fd = open()
      closeSync(old)
    },
  }
}

export function standardOutput(): LogTarget {
  const stat = fstatSync(STDOUT)
  if (isatty(STDOUT) || stat.isFIFO() || stat.isSocket()) return nonBlocking(nonBlockingStdout())
  return {
    write: (bytes, done) => write(STDOUT, bytes, 0, bytes.length, null, done),
    writeSync: (bytes) => writeNow(STDOUT, bytes),
  }
}

/** Writes are retried by the caller: EAGAIN means that nothing reads just now. */
function nonBlocking(fd: number): LogTarget {
  return {
    write(bytes, done) {
      let written = 0
      try {
        written = writeSync(fd, bytes)
      } catch (error) {
        done(error as NodeJS.ErrnoException, 0)
        return
      }
      done(null, written)
    },
    writeSync: (bytes) => writeNow(fd, bytes),
  }
}

/**
 * Opened anew where that is possible: whether it blocks is then a matter of this process alone. Other
 * processes with the same standard output, such as the shell, would change it back.
 */
function nonBlockingStdout(): number {
  const flags = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY
  for (const path of [`/proc/self/fd/${STDOUT}`, ...(isatty(STDOUT) ? ['/dev/tty'] : [])]) {
    try {
      return openSync(path, flags)
    } catch {
      // Not on this system, or not for this user.
    }
  }
  // Node makes pipes and sockets non-blocking when it opens the stream.
  void process.stdout
  return STDOUT
}

function writeNow(fd: number, bytes: Buffer): number {
  let written = 0
  try {
    while (written < bytes.length) written += writeSync(fd, bytes, written)
  } catch {
    // The reader or the disk takes no more, and there is no time left to wait.
  }
  return written
}
