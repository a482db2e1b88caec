/** A response as bytes, written to the connection past node:http. */

import type { Socket } from 'node:net'
import { MAX_PIECE_BYTES } from '../server/pipeline/write-answer.js'

/** Up to here a copy behind the head costs less than a second part of the write. */
const MAX_COPY_BYTES = 16_384
export interface ResponseBytes {
  /** Latin-1. */
  readonly head: string
  readonly body: Buffer | undefined
}

/** For the next answer, unless the kernel has not taken all of the last one yet. */
let scratch: Buffer | undefined

/**
 * Writes all. True: the kernel has it already. Else `later` is called when it has, or when the connection
 * has ended; until then nothing else may write to it.
 */
export function writeResponse(
  socket: Socket,
  { head, body = EMPTY }: ResponseBytes,
  later: () => void,
): boolean {
  // One part and no memory of its own: a third of what two parts of a write cost.
  if (head.length + body.length <= MAX_COPY_BYTES) {
    scratch ??= Buffer.allocUnsafeSlow(MAX_COPY_BYTES)
    const at = scratch.write(head, 'latin1')
    body.copy(scratch, at)
    socket.write(scratch.subarray(0, at + body.length))
    if (socket.writableLength === 0) return true
    scratch = undefined
    socket.write(EMPTY, later)
    return false
  }
  let at = Math.min(body.length, MAX_PIECE_BYTES)
  socket.cork()
  socket.write(head, 'latin1')
  socket.write(body.subarray(0, at))
  socket.uncork()
  // The next piece when this one is gone: a slow reader is told by what it takes.
  function goOn(): boolean {
    while (socket.writableLength === 0) {
      if (at >= body.length || socket.destroyed) return true
      const piece = body.subarray(at, at + MAX_PIECE_BYTES)
      at += piece.length
      socket.write(piece)
    }
    socket.write(EMPTY, () => {
      if (goOn()) later()
    })
    return false
  }
  return goOn()
}

const EMPTY = Buffer.alloc(0)
