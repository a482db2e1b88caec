/** The masters of a cluster by slot, as its nodes report them. */

import { addressText } from '../../config/redis-address.js'
import type { ServerAddress } from '../../config/redis-address.js'
import type { Route } from './routes.js'
import { slotOf } from './slot.js'

/** The table that a majority of its own masters reports. `said` is keyed by the address of the reporter. */
export function agreedRoute(said: ReadonlyMap<string, Route>): Route | undefined {
  return [...said.values()].find(({ servers, text }) => {
    const same = servers.filter((one) => said.get(addressText(one))?.text === text)
    return same.length > servers.length / 2
  })
}

/** The answer of `CLUSTER SLOTS`: first slot, last slot, master, replicas. */
export function routeOf(reply: unknown, asked: ServerAddress): Route {
  const ranges = (reply as unknown[][]).map(([first, last, master]) => {
    const [host, port] = master as [unknown, unknown]
    // A node without a name of its own has the address that was asked.
    const isNamed = typeof host === 'string' && host !== '' && host !== '?'
    const server = { host: isNamed ? host : asked.host, port: Number(port) }
    return { first: Number(first), last: Number(last), server }
  })
  const servers = new Map(ranges.map(({ server }) => [addressText(server), server]))
  return {
    servers: [...servers.values()],
    serverOf(key) {
      const slot = slotOf(key)
      return ranges.find(({ first, last }) => first <= slot && slot <= last)?.server
    },
    text: ranges
      .map(({ first, last, server }) => `${first}-${last} ${addressText(server)}`)
      .toSorted()
      .join(),
  }
}
