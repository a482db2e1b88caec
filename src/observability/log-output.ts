/**
 * Log lines on their way to standard output or to a file. Requests never wait for them: lines are buffered
 * up to a bound while nothing reads them or the disk is full, and dropped and counted past it.
 *
 * The lines of one turn of the event loop go out in one write at its end, because a system call costs
 * more than a line. A crash can lose the lines of that turn; a fatal line writes what there is.
 */

import type { DestinationStream } from 'pino'
import type { LogTarget } from './log-target.js'

export interface LogOutput extends DestinationStream {
  write(line: string): void
  /** Writes what can be written without waiting. */
  flushSync(): void
  /** Resolves when everything is written, or after this long. */
  drained(withinMs: number): Promise<void>
  /** Opens the log file anew, after it was renamed. */
  reopen(): void
  /** Lines that were dropped since the last one that was written, and since when; undefined: none. */
  dropping(): Dropping | undefined
  /** Called for each line that is dropped. */
  onDropped(listener: () => void): void
}

export interface Dropping {
  readonly lines: number
  /** Epoch milliseconds. */
  readonly sinceMs: number
  /** Why the lines could not be written. */
  readonly reason: string
}

export interface LogOutputOptions {
  readonly target: LogTarget
  /** Characters that may wait. Default 4 Mi. */
  readonly maxWaiting?: number
  /** Lines are written again after some were dropped. */
  readonly onRecovered?: (dropped: Dropping) => void
  readonly onReopenFailed?: (error: unknown) => void
  readonly wallMs?: () => number
}

const MAX_WAITING = 4 * 1_048_576
/** More than one turn writes, except in a flood of lines. */
const AT_ONCE = 65_536
/** While nothing reads. */
const FIRST_RETRY_MS = 5
const LONGEST_RETRY_MS = 200
/** While the disk is full or failing. */
const FAILED_RETRY_MS = 1_000

export function createLogOutput(options: LogOutputOptions): LogOutput {
  const { target, maxWaiting = MAX_WAITING, wallMs = Date.now } = options
  let waiting = ''
  /** The rest of what is being written. */
  let writing: Buffer | undefined
  let isInFlight = false
  let timer: NodeJS.Timeout | undefined
  let retryMs = FIRST_RETRY_MS
  let reason = NOT_READ
  let isClosed = false
  let dropped: { lines: number; readonly sinceMs: number } | undefined
  let isReopenDue = false
  const idle = new Set<() => void>()
  const listeners: (() => void)[] = []

  function drop(): void {
    dropped ??= { lines: 0, sinceMs: wallMs() }
    dropped.lines++
    for (const listener of listeners) listener()
  }

  function flush(): void {
    if (isClosed || isInFlight || timer !== undefined) return
    if (writing === undefined) {
      if (waiting === '') {
        for (const resolve of idle) resolve()
        idle.clear()
        return
      }
      writing = Buffer.from(waiting)
      waiting = ''
    }
    isInFlight = true
    target.write(writing, (error, written) => {
      isInFlight = false
      if (error !== null) failed(error)
      else {
        retryMs = FIRST_RETRY_MS
        const isWhole = writing === undefined || written >= writing.length
        writing = isWhole ? undefined : writing?.subarray(written)
        if (dropped !== undefined) recovered(dropped)
      }
      if (isReopenDue) reopen()
      if (waiting !== '' || writing !== undefined || idle.size > 0) flush()
    })
  }

  function recovered(lost: Omit<Dropping, 'reason'>): void {
    dropped = undefined
    options.onRecovered?.({ ...lost, reason })
  }

  function failed({ code = '' }: NodeJS.ErrnoException): void {
    if (code === 'EPIPE' || code === 'ECONNRESET') {
      // The reader is gone for good.
      isClosed = true
      reason = CLOSED
      for (const _line of waiting.matchAll(/\n/gu)) drop()
      waiting = ''
      writing = undefined
      return
    }
    const isStalled = code === 'EAGAIN'
    reason = isStalled ? NOT_READ : `it cannot be written (${code})`
    retryMs = isStalled ? Math.min(retryMs * 2, LONGEST_RETRY_MS) : FAILED_RETRY_MS
    timer = setTimeout(() => {
      timer = undefined
      flush()
    }, retryMs)
    timer.unref()
  }

  function reopen(): void {
    isReopenDue = false
    try {
      target.reopen?.()
    } catch (error) {
      options.onReopenFailed?.(error)
    }
  }

  return {
    write(line) {
      const length = waiting.length + line.length + (writing?.length ?? 0)
      if (isClosed || length > maxWaiting) {
        drop()
        return
      }
      if (waiting === '') setImmediate(flush)
      waiting += line
      if (waiting.length >= AT_ONCE) flush()
    },
    flushSync() {
      if (isClosed) return
      const rest = isInFlight || writing === undefined ? [] : [writing]
      const bytes = Buffer.concat([...rest, Buffer.from(waiting)])
      const written = target.writeSync(bytes)
      waiting = ''
      // What was not taken now may be taken later, if the process goes on.
      if (!isInFlight) writing = written < bytes.length ? bytes.subarray(written) : undefined
    },
    async drained(withinMs) {
      if (isClosed || (waiting === '' && writing === undefined)) return
      await new Promise<void>((resolve) => {
        const timeout = setTimeout(resolve, withinMs)
        idle.add(() => {
          clearTimeout(timeout)
          resolve()
        })
      })
    },
    reopen() {
      // Not under a write: its file must stay open.
      if (isInFlight) isReopenDue = true
      else reopen()
    },
    dropping: () => dropped && { ...dropped, reason },
    onDropped: (listener) => void listeners.push(listener),
  }
}

const NOT_READ = 'it is not being read'
const CLOSED = 'its reader has closed it'
