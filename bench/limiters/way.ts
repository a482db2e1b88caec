/** The way from a proxy to the judge and back, which takes its time: what left together comes apart. */

import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

export interface Way {
  readonly url: string
  /** From now on each request takes up to so long until it arrives, and its answer until it is back, ms. */
  takes(thereMs: number, backMs: number): void
  close(): Promise<void>
}

export async function openWay(to: string): Promise<Way> {
  const sockets = new Set<Socket>()
  const timers = new Set<NodeJS.Timeout>()
  let [thereMs, backMs] = [0, 0]

  function carry(from: Socket, into: Socket, upToMs: () => number): void {
    let freeAtMs = 0
    from.on('data', (chunk: Buffer) => {
      // Never before what was sent earlier on the same connection.
      freeAtMs = Math.max(freeAtMs, performance.now() + Math.random() * upToMs())
      const timer = setTimeout(() => {
        timers.delete(timer)
        into.write(chunk)
      }, freeAtMs - performance.now())
      timers.add(timer)
    })
    sockets.add(from)
    from.on('error', () => into.destroy())
    from.on('close', () => {
      sockets.delete(from)
      into.destroy()
    })
  }

  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port: Number(new URL(to).port), host: '127.0.0.1', noDelay: true })
    carry(near, far, () => thereMs)
    carry(far, near, () => backMs)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    takes(there, back) {
      thereMs = there
      backMs = back
    },
    async close() {
      for (const timer of timers) clearTimeout(timer)
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
