/**
 * The client behind a connection from a worker. The worker names it in the first bytes of the connection,
 * before the first request, because a client could send a header as well. Each client connection has its
 * own connection to the primary, so the end of one is the end of the other.
 */

import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'

/** Padded to this: longer than any address with its zone. */
const PEER_BYTES = 96
/** From a worker on this machine, the bytes come at once. */
const WITHIN_MS = 10_000

/** The first bytes that a worker writes on a connection. */
export function peerLine({ remoteAddress = '', remotePort = 0, encrypted }: PeerSocket): string {
  const line = JSON.stringify([remoteAddress, remotePort, encrypted === true])
  return `${line.padEnd(PEER_BYTES - 1)}\n`
}

type PeerSocket = Pick<Socket, 'remoteAddress' | 'remotePort'> &
  Partial<Pick<TLSSocket, 'encrypted'>>

/** Gives each connection from a worker the address of the client behind it. Before the server listens. */
export function takePeersFromWorkers(server: Server): void {
  const take = server.listeners('connection') as ((socket: Socket) => void)[]
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) => {
    const timer = setTimeout(() => socket.destroy(), WITHIN_MS)
    const ignore = (): void => {}
    const read = (): void => {
      const line = socket.read(PEER_BYTES) as Buffer | null
      if (line === null) return
      clearTimeout(timer)
      socket.off('readable', read).off('error', ignore)
      if (!setPeer(socket, line.toString())) return
      for (const one of take) one.call(server, socket)
    }
    socket.on('readable', read).on('error', ignore)
    socket.once('close', () => clearTimeout(timer))
  })
}

/** False: the other end is no worker, and the connection is ended. */
function setPeer(socket: Socket, line: string): boolean {
  try {
    const [remoteAddress, remotePort, encrypted] = JSON.parse(line) as unknown[]
    for (const [name, value] of Object.entries({ remoteAddress, remotePort, encrypted })) {
      Object.defineProperty(socket, name, { value, configurable: true })
    }
    return true
  } catch {
    socket.destroy()
    return false
  }
}
