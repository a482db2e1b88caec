/**
 * Sockets to the upstream. Certificates are always verified. A request that the proxy gives up on ends
 * with a reset, so the upstream never reads what it has not read yet. A response that the upstream ends
 * with a reset is not complete.
 */

import { rootCertificates } from 'node:tls'
import type { Socket } from 'node:net'
import { buildConnector } from 'undici'
import { ConnectionLostError } from './errors.js'
import { createReadTurns } from './read-turns.js'
import { createTunnels } from './tunnel.js'
import type { ReadState } from './read-turns.js'
import type { Clock } from '../limits/index.js'

/** TLS included. Shorter than the life of a permit, which would be void if this took longer. */
const CONNECT_WITHIN_MS = 4_000

export function createConnector(options: {
  /** PEM of an additional certificate authority, as it is now. */
  readonly ca?: () => string
  /** URL of the web proxy to connect through, with its credentials. */
  readonly proxy?: string
  /** For the connection alone, TLS included. */
  readonly timeoutMs: number
  readonly clock: Pick<Clock, 'monotonicMs'>
}): buildConnector.connector {
  const { proxy } = options
  const allMs = Math.min(options.timeoutMs, CONNECT_WITHIN_MS)
  // Through a proxy, the tunnel and TLS get half each.
  const withinMs = proxy === undefined ? allMs : allMs / 2
  const openTunnel = proxy === undefined ? undefined : createTunnels(proxy, withinMs)
  const connectorFor = (ca: string | undefined): buildConnector.connector =>
    buildConnector({
      rejectUnauthorized: true,
      timeout: withinMs,
      allowH2: false,
      ...(ca === undefined ? {} : { ca: [...rootCertificates, ca] }),
    })
  let trusted = options.ca?.()
  let connect = connectorFor(trusted)
  const turns = createReadTurns(options.clock)
  return (target, callback) => {
    if (options.ca?.() !== trusted) {
      trusted = options.ca?.()
      connect = connectorFor(trusted)
    }
    const finish = (...result: Parameters<buildConnector.Callback>): void => {
      // A failure comes without the second argument, whatever the types say.
      const socket = result[1] ?? null
      // Under TLS a reset would have to come from the socket below, which undici does not expose.
      if (socket !== null) {
        classifyEnds(socket, { resets: target.protocol === 'http:', reads: turns.add(socket) })
      }
      callback(...result)
    }
    if (openTunnel === undefined) {
      connect(target, finish)
      return
    }
    openTunnel(target, (error, socket) => {
      if (error !== null || socket === null) callback(error ?? new Error('no tunnel'), null)
      else if (target.protocol === 'http:') finish(null, socket)
      else connect({ ...target, httpSocket: socket }, finish)
    })
  }
}

/** undici's error for a socket that it closes because a request was aborted. */
const isAbort = (error: Error & { code?: string }): boolean =>
  error.code === 'UND_ERR_INFO' && error.message === 'aborted'

/** How undici names a connection that the upstream has closed. */
const isClosedByUpstream = (error: Error & { code?: string }): boolean =>
  error.code === 'ECONNRESET' || error.code === 'EPIPE' || error.code === 'UND_ERR_SOCKET'

/**
 * Each way of closing gets the right error:
 *
 * - The upstream closes or resets the connection. undici takes a reset for the end of a body that has
 *   no other end, so half a response would pass for a complete one. With another error it does not,
 *   and a request that waits for this connection and has not been written goes to another one.
 * - The upstream resets it together with the last bytes. libuv reads those, sees the hang-up and
 *   reports a proper end; the system knows better: the socket has no peer any more.
 * - The proxy resets it. `resetAndDestroy()` would first send what is still buffered, which blocks when
 *   the upstream does not read. Without the error, undici would find the aborted response complete, and
 *   one of its assertions would end the process.
 */
function classifyEnds(
  socket: Socket,
  { resets, reads }: { readonly resets: boolean; readonly reads: ReadState },
): void {
  const destroy = socket.destroy.bind(socket)
  const emit = socket.emit.bind(socket) as (event: string | symbol, ...args: unknown[]) => boolean
  function lost(cause?: Error): ConnectionLostError {
    const { writtenAtLastRead } = reads
    const isStaleReuse =
      writtenAtLastRead !== undefined && writtenAtLastRead !== socket.bytesWritten
    const what = 'the upstream closed or reset the connection'
    return new ConnectionLostError(what, { isStaleReuse, cause })
  }
  socket.emit = (event: string | symbol, ...args: unknown[]) => {
    // The first use of remoteAddress on this socket: Node remembers the peer of a connection.
    if (event !== 'end' || socket.remoteAddress !== undefined) return emit(event, ...args)
    destroy(lost())
    return true
  }
  socket.destroy = (error?: Error & { code?: string }) => {
    if (error !== undefined && isClosedByUpstream(error)) return destroy(lost(error))
    if (resets && error !== undefined && isAbort(error)) {
      // What resetAndDestroy() sets, and destroy() reads.
      Object.assign(socket, { resetAndClosing: true })
    }
    return destroy(error)
  }
}
