/**
 * How sockets to the upstream are read. Node reads 2 MiB from one socket before it looks at the next;
 * parsed as headers, or as chunks of one byte, that would block all other requests noticeably. So the
 * parser gets small pieces, within a time slice of the event loop.
 */

import type { Socket } from 'node:net'
import { withoutContinue } from './unsolicited-continue.js'
import type { Clock } from '../limits/index.js'

/** The time slice of all sockets together, including the work of the code that gets the data. */
const TURN_MS = 10

/**
 * The size of one piece. undici creates an error for each header beyond its limit, some 10 µs each:
 * 200 ms for one read of 64 KiB.
 */
const PIECE_BYTES = 4_096

/** Where the first digit of the status is in a status line. */
const STATUS_AT = 9
const DIGIT_ONE = 0x31

/** What the reads of one socket say about its connection. */
export interface ReadState {
  /** Bytes that had been written to the socket at the last read; undefined before the first. */
  writtenAtLastRead: number | undefined
}

export interface ReadTurns {
  /** From now on this socket is read in pieces, and in turn. */
  add(socket: Socket): ReadState
}

export function createReadTurns(clock: Pick<Clock, 'monotonicMs'>): ReadTurns {
  const waiting = new Set<Socket>()
  let sinceMs: number | undefined

  function nextTurn(): void {
    sinceMs = undefined
    const sockets = [...waiting]
    waiting.clear()
    for (const socket of sockets) if (!socket.destroyed) socket.emit('readable')
  }

  return {
    add(socket) {
      const state: ReadState = { writtenAtLastRead: undefined }
      const read = socket.read.bind(socket)
      /** The beginning of a response that may be an interim one. */
      let held: Buffer | undefined
      socket.once('close', () => waiting.delete(socket))
      socket.read = (bytes?: number): unknown => {
        for (;;) {
          // The rest of a destroyed socket need not be parsed.
          if (socket.destroyed) return null
          const { readableLength } = socket
          // With an empty buffer this asks the system for more, or ends.
          if (bytes !== undefined || readableLength === 0) return read(bytes)
          const nowMs = clock.monotonicMs()
          if (sinceMs === undefined) {
            sinceMs = nowMs
            setImmediate(nextTurn)
          }
          if (nowMs - sinceMs > TURN_MS) {
            waiting.add(socket)
            return null
          }
          const piece = read(Math.min(readableLength, PIECE_BYTES)) as Buffer
          const isFirst = held !== undefined || state.writtenAtLastRead !== socket.bytesWritten
          state.writtenAtLastRead = socket.bytesWritten
          if (!isFirst) return piece
          const start = held === undefined ? piece : Buffer.concat([held, piece])
          held = undefined
          // The fast path: `HTTP/1.1 2` and on, long enough to see that it is no interim response.
          if (start.length > STATUS_AT && start[STATUS_AT] !== DIGIT_ONE) return start
          const response = withoutContinue(start)
          if (response !== undefined) return response
          held = start
        }
      }
      return state
    },
  }
}
