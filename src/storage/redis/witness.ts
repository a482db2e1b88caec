/** Somebody who is asked where Redis is now. */

import { addressText } from './address.js'
import { connectServer } from './server-connection.js'
import type { ServerOptions } from './server-connection.js'

export interface Witness {
  readonly name: string
  /** Rejects with what keeps it from being connected, if something does. */
  ask(args: readonly string[]): Promise<unknown>
  close(): Promise<void>
}

export type WitnessOptions = Omit<ServerOptions, 'onError'> & { readonly onReady: () => void }

export function createWitness({ onReady, ...options }: WitnessOptions): Witness {
  let problem: Error | undefined
  const connection = connectServer({
    ...options,
    onError(error) {
      problem = error
    },
  })
  connection.onReady(() => {
    problem = undefined
    onReady()
  })
  return {
    name: addressText(options.server),
    async ask(args) {
      try {
        return await connection.send(args, '')
      } catch (error) {
        throw problem ?? error
      }
    },
    close: () => connection.close(),
  }
}
