/** Which server has which key now, as those say who decide it. */

import type { ServerAddress } from '../../config/redis-address.js'

export interface Route {
  readonly servers: readonly ServerAddress[]
  /** Undefined: nobody has it now. */
  serverOf(key: string): ServerAddress | undefined
  /** Another one where any key has another server. */
  readonly text: string
}

export interface RouteFinder {
  /** Rejects where those who decide it cannot be asked, or do not agree. */
  find(): Promise<Route>
  /** Called each time that another of them can be asked. */
  onReady(listener: () => void): void
  close(): Promise<void>
}
