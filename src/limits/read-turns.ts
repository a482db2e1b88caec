/**
 * How much of what the upstream sends is parsed in one turn of the event loop. Node reads 2 MiB from
 * one socket before it looks at the next; as headers, or as chunks of one byte, that would keep
 * everybody waiting for longer than they should notice.
 */

import type { Socket } from 'node:net'

/** From all sockets together: at most some 20 ms of the parser's slowest work. */
const TURN_BYTES = 128 * 1024

/**
 * Bytes that the parser gets at once. undici notices too many headers with an error for each further
 * one of what it was given, some 10 µs each: 200 ms for one read of 64 KiB.
 */
const PIECE_BYTES = 4_096

export interface ReadTurns {
  /** From now on this socket is read in pieces, and in turn. */
  add(socket: Socket): void
}

export function createReadTurns(): ReadTurns {
  const waiting = new Set<Socket>()
  let leftBytes = TURN_BYTES
  let isScheduled = false

  function nextTurn(): void {
    isScheduled = false
    leftBytes = TURN_BYTES
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
        if (!isScheduled) setImmediate(nextTurn)
        isScheduled = true
        if (leftBytes <= 0) {
          waiting.add(socket)
          return null
        }
        const piece = Math.min(readableLength, PIECE_BYTES)
        leftBytes -= piece
        return read(piece)
      }
    },
  }
}
