/**
 * How much of what the upstream sends is parsed in one turn of the event loop. Node reads 2 MiB from
 * one socket before it looks at the next; as headers, or as chunks of one byte, that would keep
 * everybody waiting for longer than they should notice.
 */

import type { Socket } from 'node:net'
import type { Clock } from '../limits/ledger/types.js'

/** For all sockets together, with what those do who are handed the answers. */
const TURN_MS = 10

/**
 * Bytes that the parser gets at once. undici notices too many headers with an error for each further
 * one of what it was given, some 10 µs each: 200 ms for one read of 64 KiB.
 */
const PIECE_BYTES = 4_096

export interface ReadTurns {
  /** From now on this socket is read in pieces, and in turn. */
  add(socket: Socket): void
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
      const read = socket.read.bind(socket)
      socket.once('close', () => waiting.delete(socket))
      socket.read = (bytes?: number): unknown => {
        // What a destroyed socket still holds need not be parsed.
        if (socket.destroyed) return null
        const { readableLength } = socket
        // Nothing there: asks the system for more, or ends.
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
        return read(Math.min(readableLength, PIECE_BYTES))
      }
    },
  }
}
