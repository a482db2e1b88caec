/** The way from one replica to Redis, to be cut: at once, or so that nobody hears of it. */

import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

export interface Cable {
  readonly port: number
  /** `reset`: connections break, and new ones are refused. `silent`: they stay, and nothing passes. */
  cut(how: 'reset' | 'silent'): void
  mend(): void
  close(): Promise<void>
}

export async function layCable(to: number): Promise<Cable> {
  const pairs = new Set<readonly [Socket, Socket]>()
  let state: 'whole' | 'reset' | 'silent' = 'whole'

  const server = createServer((near) => {
    if (state === 'reset') {
      near.destroy()
      return
    }
    const far = connect(to, '127.0.0.1')
    const pair = [near, far] as const
    pairs.add(pair)
    const end = (): void => {
      pairs.delete(pair)
      near.destroy()
      far.destroy()
    }
    for (const [from, into] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (chunk: Buffer) => {
        into.write(chunk)
      })
      from.on('error', end)
      from.on('close', end)
    }
    if (state === 'silent') hush(pair)
  })
  const hush = (pair: readonly [Socket, Socket]): void => pair.forEach((one) => one.pause())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  return {
    port: (server.address() as AddressInfo).port,
    cut(how) {
      state = how
      for (const pair of pairs) {
        if (how === 'silent') hush(pair)
        else pair.forEach((one) => one.destroy())
      }
    },
    mend() {
      state = 'whole'
      for (const pair of pairs) pair.forEach((one) => one.resume())
    },
    async close() {
      for (const pair of pairs) pair.forEach((one) => one.destroy())
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
