/**
 * Log lines of one turn of the event loop go out in one write at its end: what a line costs under load is
 * then its text, not a system call. Lines of a quiet server go out as soon as before. What a crash can
 * take along is the lines of that turn, unless it is told: a fatal line and the end of the process write
 * what there is.
 */

import type { DestinationStream } from 'pino'

export interface Lines {
  write(text: string): unknown
  flushSync(): void
}

/** More than the lines of any turn but those of a flood. */
const AT_ONCE_LENGTH = 65_536

export function linesByTurn(out: Lines): DestinationStream & { flushSync(): void } {
  let waiting = ''
  const write = (): void => {
    if (waiting === '') return
    const text = waiting
    waiting = ''
    out.write(text)
  }
  return {
    write(line) {
      if (waiting === '') setImmediate(write)
      waiting += line
      if (waiting.length >= AT_ONCE_LENGTH) write()
    },
    flushSync() {
      write()
      out.flushSync()
    },
  }
}
