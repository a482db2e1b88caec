/** Which server has which key now, by the word of sentinels or of a cluster. */

import type { ServerAddress } from '../../config/redis-address.js'

export interface Route {
  readonly servers: readonly ServerAddress[]
  /** Undefined: no server has it now. */
  serverOf(key: string): ServerAddress | undefined
  /** Another one where any key has another server. */
  readonly text: string
}

export interface RouteFinder {
  /** Rejects if the sentinels or nodes cannot be asked, or do not agree. */
  find(): Promise<Route>
  /** Called each time that another of them can be asked. */
  onReady(listener: () => void): void
  close(): Promise<void>
}
