/** How faults are played: small parts that the tables put together. */
import type { Socket } from 'node:net'
import type { Play } from './hostile-upstream.js'

export const HEAD_JSON = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n'

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')

/** These bytes, and the connection stays open. */
export const says =
  (text: string): Play =>
  (socket) =>
    void socket.write(latin1(text))

/** These bytes, and then a proper end of the connection. */
export const saysAndEnds =
  (text: string): Play =>
  (socket) =>
    void socket.end(latin1(text))

/** These bytes, and then a reset; a moment apart, so that they are not lost with it. */
export const saysAndResets =
  (text: string): Play =>
  (socket) => {
    if (text === '') {
      reset(socket)
      return
    }
    socket.write(latin1(text), () => setTimeout(() => reset(socket), 30))
  }

/** The same in one moment: to Node that looks like a proper end. */
export const saysAndResetsAtOnce =
  (text: string): Play =>
  (socket) =>
    void socket.write(latin1(text), () => reset(socket))

export const hangs: Play = () => {}

/** `first`, then `again` as fast as the other side reads, `times` times or for as long as it is there. */
export const floods =
  (first: string, again: string, { times = Infinity, last = '' } = {}): Play =>
  (socket) => {
    const piece = latin1(again)
    let left = times
    socket.write(latin1(first))
    const more = (): void => {
      while (left > 0 && !socket.destroyed) {
        left--
        if (!socket.write(piece)) return
      }
      if (left === 0 && last !== '') socket.write(latin1(last))
      if (left === 0) socket.off('drain', more)
    }
    socket.on('drain', more)
    more()
  }

/** `first`, then one piece every `everyMs` for as long as somebody is there. */
export const drips =
  (first: string, piece: string, everyMs = 20): Play =>
  (socket) => {
    socket.write(latin1(first))
    const timer = setInterval(() => socket.write(latin1(piece)), everyMs)
    socket.on('close', () => clearInterval(timer))
  }

export const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`

/** `resetAndDestroy()` would send a proper end first. */
function reset(socket: Socket): void {
  Object.assign(socket, { resetAndClosing: true })
  socket.destroy()
}
