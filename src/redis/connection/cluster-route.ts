/**
 * The route by a cluster: the table of slots that a majority of its masters reports. A single master may have
 * been stopped for a while, and not know that it has been replaced.
 */

import { addressText } from '../../config/redis-address.js'
import type { ServerAddress } from '../../config/redis-address.js'
import { agreedRoute, routeOf } from './cluster-slots.js'
import type { Route, RouteFinder } from './routes.js'
import type { ServerOptions } from './server-connection.js'
import { createTopologyProbe } from './topology-probe.js'
import type { TopologyProbe } from './topology-probe.js'

export interface ClusterOptions extends Omit<ServerOptions, 'server' | 'onError'> {
  /** Some nodes of the cluster; they name the others. */
  readonly nodes: readonly ServerAddress[]
}

export function findByCluster(options: ClusterOptions): RouteFinder {
  const { nodes, ...login } = options
  const listeners: (() => void)[] = []
  const onReady = (): void => {
    for (const listener of listeners) listener()
  }
  const probes = new Map<string, { probe: TopologyProbe; server: ServerAddress }>()
  let servers: readonly ServerAddress[] = []
  keep(nodes)

  function keep(wanted: readonly ServerAddress[]): void {
    const byText = new Map(wanted.map((server) => [addressText(server), server]))
    for (const [text, { probe }] of probes) {
      if (byText.has(text)) continue
      probes.delete(text)
      void probe.close()
    }
    for (const [text, server] of byText) {
      if (probes.has(text)) continue
      probes.set(text, { server, probe: createTopologyProbe({ ...login, server, onReady }) })
    }
  }

  async function saidBy(probe: TopologyProbe, server: ServerAddress): Promise<Route> {
    const [info, slots] = await Promise.all([
      probe.ask(['CLUSTER', 'INFO']),
      probe.ask(['CLUSTER', 'SLOTS']),
    ])
    if (!/^cluster_state:ok\r?$/mu.test(String(info))) {
      throw new Error('it is not in touch with most of the cluster')
    }
    return routeOf(slots, server)
  }

  return {
    async find() {
      const problems: Error[] = []
      const said = new Map<string, Route>()
      const heard = [...probes].map(async ([text, { probe, server }]) => {
        try {
          said.set(text, await saidBy(probe, server))
        } catch (error) {
          problems.push(new Error(`node ${text}`, { cause: error }))
        }
      })
      await Promise.all(heard)
      const routes = [...said.values()]
      const route = agreedRoute(said)
      const known = route === undefined ? [...servers, ...routes.flatMap((one) => one.servers)] : []
      keep([...nodes, ...known, ...(route?.servers ?? [])])
      if (route === undefined) {
        throw new Error(
          `most masters of the cluster have to say the same of who has what, and ${said.size} nodes answer`,
          { cause: problems[0] },
        )
      }
      servers = route.servers
      return route
    },
    onReady: (listener) => void listeners.push(listener),
    async close() {
      await Promise.all(Array.from(probes.values(), ({ probe }) => probe.close()))
    },
  }
}
