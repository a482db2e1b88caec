/**
 * The route by sentinels: the master that a majority of its sentinels names. A proxy that is cut off with an
 * old master reaches only few sentinels, and so stops. Once a majority names another master, no later
 * question can get a majority for the old one.
 */

import { addressText } from '../../config/redis-address.js'
import type { Credentials, ServerAddress } from '../../config/redis-address.js'
import type { RouteFinder } from './routes.js'
import type { ServerOptions } from './server-connection.js'
import { createTopologyProbe } from './topology-probe.js'
import type { TopologyProbe } from './topology-probe.js'

export interface SentinelOptions extends Omit<ServerOptions, 'server' | 'database' | 'onError'> {
  readonly sentinels: readonly ServerAddress[]
  readonly masterName: string
  readonly ofSentinels: Credentials
}

interface Statement {
  readonly master: ServerAddress
  /** Sentinels of this master, with the one that says so. */
  readonly watching: number
}

export function findBySentinels(options: SentinelOptions): RouteFinder {
  const { sentinels, masterName, ofSentinels, ...login } = options
  const listeners: (() => void)[] = []
  const onReady = (): void => {
    for (const listener of listeners) listener()
  }
  const probes = sentinels.map((server) =>
    createTopologyProbe({ ...login, ...ofSentinels, server, database: 0, onReady }),
  )

  async function saidBy(sentinel: TopologyProbe): Promise<Statement> {
    const [address, master] = await Promise.all([
      sentinel.ask(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', masterName]),
      sentinel.ask(['SENTINEL', 'MASTER', masterName]).catch((error: Error) => {
        if (!error.message.includes('No such master')) throw error
      }),
    ])
    const [host, port] = Array.isArray(address) ? address.map(String) : []
    if (host === undefined || port === undefined || master === undefined) {
      throw new Error(`it knows no master "${masterName}": is that its name?`)
    }
    const others = Number((master as Record<string, unknown>)['num-other-sentinels'] ?? 0)
    return { master: { host, port: Number(port) }, watching: others + 1 }
  }

  return {
    async find() {
      const problems: Error[] = []
      const statements: Statement[] = []
      const heard = probes.map(async (probe) => {
        try {
          statements.push(await saidBy(probe))
        } catch (error) {
          problems.push(new Error(`sentinel ${probe.name}`, { cause: error }))
        }
      })
      await Promise.all(heard)
      const watching = Math.max(sentinels.length, ...statements.map((one) => one.watching))
      const most = Math.floor(watching / 2) + 1
      const server = agreedOn(statements, most)
      if (server === undefined) {
        const advice = sentinels.length < most ? '; name all of them in store.redis' : ''
        throw new Error(
          `${most} of the ${watching} sentinels have to name the same master, and ${statements.length} answer${advice}`,
          { cause: problems[0] },
        )
      }
      return { servers: [server], serverOf: () => server, text: addressText(server) }
    },
    onReady: (listener) => void listeners.push(listener),
    async close() {
      await Promise.all(probes.map((one) => one.close()))
    },
  }
}

function agreedOn(statements: readonly Statement[], most: number): ServerAddress | undefined {
  const named = statements.map(({ master }) => master)
  return named.find((one) => {
    const text = addressText(one)
    return named.filter((other) => addressText(other) === text).length >= most
  })
}
