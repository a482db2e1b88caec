/**
 * Sockets to the upstream: certificates are verified, always; a request that we give up on is cut
 * with a reset, so that what the upstream has not read yet it will never read; and where the upstream
 * resets, the answer is no whole one.
 */

import { rootCertificates } from 'node:tls'
import type { Socket } from 'node:net'
import { buildConnector } from 'undici'
import { createReadTurns } from './read-turns.js'
import type { Clock } from '../limits/ledger/types.js'

/** TLS included. Less than a permit may wait to be used, or it would be void whenever this ran out. */
const CONNECT_WITHIN_MS = 4_000

export function createConnector(options: {
  /** PEM of an additional certificate authority. */
  readonly ca?: string
  /** For the connection alone, TLS included. */
  readonly timeoutMs: number
  readonly clock: Pick<Clock, 'monotonicMs'>
}): buildConnector.connector {
  const connect = buildConnector({
    rejectUnauthorized: true,
    timeout: Math.min(options.timeoutMs, CONNECT_WITHIN_MS),
    allowH2: false,
    ...(options.ca === undefined ? {} : { ca: [...rootCertificates, options.ca] }),
  })
  const turns = createReadTurns(options.clock)
  return (target, callback) => {
    connect(target, (...result: Parameters<buildConnector.Callback>) => {
      // A failure comes without the second argument, whatever the types say.
      const socket = result[1] ?? null
      // Under TLS a reset would have to come from the socket below, which undici does not show.
      if (socket !== null) {
        nameEnds(socket, { resets: target.protocol === 'http:' })
        turns.add(socket)
      }
      callback(...result)
    })
  }
}

/** The upstream has reset the connection. */
class ResetError extends Error {
  readonly code = 'UND_ERR_SOCKET'
}

/** undici's words for a socket that it closes because a request was aborted. */
const isAbort = (error: Error & { code?: string }): boolean =>
  error.code === 'UND_ERR_INFO' && error.message === 'aborted'

/**
 * Ways of closing, each by the right name:
 *
 * - A reset by the upstream. undici takes it for the end of a body that has no other end, so that half
 *   of an answer would pass for a whole one. By another name it does not; and a request that waits for
 *   this connection and is not written yet goes to another one.
 * - A reset that came together with the last bytes. libuv reads those, sees the hang-up and reports a
 *   proper end; the system knows better, and has no peer to name any more.
 * - Our own reset. `resetAndDestroy()` would first send what is still buffered, for ever if the
 *   upstream does not read; and without the error undici would find the aborted answer complete, and
 *   an assertion of its own would end the process.
 */
function nameEnds(socket: Socket, { resets }: { readonly resets: boolean }): void {
  const destroy = socket.destroy.bind(socket)
  const emit = socket.emit.bind(socket) as (event: string | symbol, ...args: unknown[]) => boolean
  socket.emit = (event: string | symbol, ...args: unknown[]) => {
    // It must not have been asked before: Node remembers the peer of a connection.
    if (event !== 'end' || socket.remoteAddress !== undefined) return emit(event, ...args)
    destroy(new ResetError('the upstream reset the connection'))
    return true
  }
  socket.destroy = (error?: Error & { code?: string }) => {
    if (error?.code === 'ECONNRESET') {
      return destroy(new ResetError('the upstream reset the connection', { cause: error }))
    }
    if (resets && error !== undefined && isAbort(error)) {
      // What resetAndDestroy() sets, and destroy() reads.
      Object.assign(socket, { resetAndClosing: true })
    }
    return destroy(error)
  }
}
