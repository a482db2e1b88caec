/**
 * Sockets to the upstream: certificates are verified, always, and a request that we give up on is
 * cut with a reset, so that what the upstream has not read yet it will never read.
 */

import { rootCertificates } from 'node:tls'
import type { Socket } from 'node:net'
import { buildConnector } from 'undici'

export function createConnector(options: {
  /** PEM of an additional certificate authority. */
  readonly ca?: string
  /** For the connection alone, TLS included. */
  readonly timeoutMs: number
}): buildConnector.connector {
  const connect = buildConnector({
    rejectUnauthorized: true,
    timeout: Math.min(options.timeoutMs, 10_000),
    allowH2: false,
    ...(options.ca === undefined ? {} : { ca: [...rootCertificates, options.ca] }),
  })
  return (target, callback) => {
    connect(target, (...result: Parameters<buildConnector.Callback>) => {
      // A failure comes without the second argument, whatever the types say.
      const socket = result[1] ?? null
      // Under TLS the reset would have to come from the socket below, which undici does not show.
      if (socket !== null && target.protocol === 'http:') resetWhenAborted(socket)
      callback(...result)
    })
  }
}

/** undici's word for a socket that it closes because a request was aborted. */
const ABORTED = 'UND_ERR_INFO'

function resetWhenAborted(socket: Socket): void {
  const destroy = socket.destroy.bind(socket)
  let isResetting = false
  socket.destroy = (error?: Error & { code?: string }) => {
    if (error?.code === ABORTED && !isResetting && !socket.destroyed) {
      isResetting = true
      return socket.resetAndDestroy()
    }
    return destroy(error)
  }
}
