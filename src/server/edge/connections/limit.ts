/**
 * How many connections there may be, and how many of them from one address: nobody keeps the others
 * out by opening more.
 */

import { isIPv6 } from 'node:net'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { isLoopback } from '../../../config/addresses.js'
import type { Metrics } from '../../../observability/metrics.js'
import { plainAddress } from './trusted-peers.js'

export interface ConnectionLimits {
  /** Of all peers together. */
  readonly maxConnections: number
  /** Speaks for many consumers, so it may use all of them; this machine may too. */
  readonly isTrusted: (address: string | undefined) => boolean
}

export function limitConnections(
  app: FastifyInstance,
  { connectionsCut }: Metrics,
  { maxConnections, isTrusted }: ConnectionLimits,
): void {
  const { server } = app
  server.maxConnections = maxConnections
  // Who is idle makes room: the next one comes through.
  server.on('drop', () => {
    connectionsCut.inc({ cause: 'full' })
    server.closeIdleConnections()
  })
  const peers = new PeerCount(Math.max(1, Math.floor(maxConnections / 2)))
  server.on('connection', (socket: Socket) => {
    const address = plainAddress(socket.remoteAddress ?? '')
    if (isLoopback(address) || isTrusted(address)) return
    if (!peers.enter(address)) {
      connectionsCut.inc({ cause: 'peer' })
      socket.destroy()
      return
    }
    socket.once('close', () => peers.leave(address))
  })
}

/** Connections by peer. An IPv6 peer is a network of 64 bits: one host can use all of its addresses. */
export class PeerCount {
  readonly #max: number
  readonly #open = new Map<string, number>()

  constructor(max: number) {
    this.#max = max
  }

  /** False: it has as many as it may; nothing was counted. */
  enter(address: string): boolean {
    const peer = networkOf(address)
    const count = this.#open.get(peer) ?? 0
    if (count >= this.#max) return false
    this.#open.set(peer, count + 1)
    return true
  }

  leave(address: string): void {
    const peer = networkOf(address)
    const count = (this.#open.get(peer) ?? 0) - 1
    if (count > 0) this.#open.set(peer, count)
    else this.#open.delete(peer)
  }

  get size(): number {
    return this.#open.size
  }
}

function networkOf(address: string): string {
  if (!isIPv6(address)) return address
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length
  const groups = [...left, ...Array.from({ length: zeros }, () => '0'), ...right]
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}
