/** A connection to a sentinel or node that is asked where Redis is now. */

import { addressText } from '../../config/redis-address.js'
import { connectServer } from './server-connection.js'
import type { ServerOptions } from './server-connection.js'

export interface TopologyProbe {
  readonly name: string
  /** Waits for the first connection. Rejects with what keeps it from being connected, if something does. */
  ask(args: readonly string[]): Promise<unknown>
  close(): Promise<void>
}

export type TopologyProbeOptions = Omit<ServerOptions, 'onError'> & { readonly onReady: () => void }

export function createTopologyProbe({ onReady, ...options }: TopologyProbeOptions): TopologyProbe {
  let problem: Error | undefined
  let settle = (): void => undefined
  /** It is connected, or known why not, or has had the time that a command has. */
  const settled = new Promise<void>((resolve) => (settle = resolve))
  const connection = connectServer({
    ...options,
    onError(error) {
      problem = error
      settle()
    },
  })
  const timer = setTimeout(settle, connection.timeoutMs)
  connection.onReady(() => {
    problem = undefined
    settle()
    onReady()
  })
  return {
    name: addressText(options.server),
    async ask(args) {
      await settled
      try {
        return await connection.send(args, '')
      } catch (error) {
        throw problem ?? error
      }
    },
    async close() {
      clearTimeout(timer)
      settle()
      await connection.close()
    },
  }
}
