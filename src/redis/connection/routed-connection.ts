/**
 * A connection to the server that has the key. It keeps asking which server that is, and trusts an answer
 * only for a while: a proxy that is cut off from the sentinels or the cluster, or was stopped for a time,
 * must not continue with a server that has been replaced.
 */

import { addressText } from '../../config/redis-address.js'
import { RedisUnavailableError } from './redis-connection.js'
import type { RedisConnection } from './redis-connection.js'
import type { Route, RouteFinder } from './routes.js'
import { connectServer, DEFAULT_TIMEOUT_MS } from './server-connection.js'
import type { ServerOptions } from './server-connection.js'

const FIND_EVERY_MS = 500
/** Longer than a sentinel or node may take to answer. */
const GOOD_FOR_MS = 3_000

export function connectRouted(
  options: Omit<ServerOptions, 'server'>,
  finder: RouteFinder,
): RedisConnection {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, onError } = options
  const overlapMs = GOOD_FOR_MS + timeoutMs
  const servers = new Map<string, RedisConnection>()
  const readyListeners: (() => void)[] = []
  const subscriptions = new Map<string, (message: string) => void>()
  /** The connection that receives each channel. */
  const heardBy = new Map<string, RedisConnection>()
  let route: Route | undefined
  let foundAtMs = -Infinity
  let settledAtMs = -Infinity
  let failures = 0
  let connections = 0
  let finding: Promise<void> | undefined
  let isClosed = false

  /** Also when all servers are connected already, because a key may have moved to another server. */
  function becameReady(): void {
    connections++
    if (isReady()) for (const listener of readyListeners) listener()
  }

  async function find(): Promise<void> {
    // The answer is as old as the question.
    const askedAtMs = performance.now()
    try {
      const found = await finder.find()
      if (isClosed) return
      failures = 0
      const isSame = isGood() && found.text === route?.text
      foundAtMs = askedAtMs
      take(found)
      if (isSame) return
      settledAtMs = performance.now() + overlapMs
      becameReady()
    } catch (error) {
      // The first failure may be a connection that is about to be made; it asks again in a moment.
      if (++failures > 1 && !isClosed) onError(error as Error)
    }
  }

  function take(found: Route): void {
    route = found
    const wanted = new Map(found.servers.map((server) => [addressText(server), server]))
    for (const [text, connection] of servers) {
      if (wanted.has(text)) continue
      servers.delete(text)
      void connection.close()
    }
    for (const [text, server] of wanted) {
      if (servers.has(text)) continue
      const connection = connectServer({ ...options, server })
      servers.set(text, connection)
      connection.onReady(becameReady)
    }
    for (const [channel, listener] of subscriptions) listen(channel, listener)
  }

  /** Messages go to all servers of a cluster, so one subscription is enough. */
  function listen(channel: string, listener: (message: string) => void): void {
    const connection = connectionFor(channel)
    if (connection === undefined || heardBy.get(channel) === connection) return
    heardBy.set(channel, connection)
    connection.subscribe(channel, (message) => {
      if (heardBy.get(channel) === connection) listener(message)
    })
  }

  function connectionFor(key: string): RedisConnection | undefined {
    const server = route?.serverOf(key)
    return server && servers.get(addressText(server))
  }

  const isGood = (): boolean => performance.now() - foundAtMs <= GOOD_FOR_MS

  function isReady(): boolean {
    if (isClosed || !isGood() || servers.size === 0) return false
    for (const server of servers.values()) if (!server.isReady()) return false
    return true
  }

  function findSoon(): void {
    finding ??= find().finally(() => {
      finding = undefined
    })
  }

  /** Asks the server that has the key; an error may mean that another server has it now. */
  async function at<T>(key: string, ask: (server: RedisConnection) => Promise<T>): Promise<T> {
    const connection = isClosed || !isGood() ? undefined : connectionFor(key)
    if (connection === undefined) throw new RedisUnavailableError('Redis is not connected')
    try {
      return await ask(connection)
    } catch (error) {
      findSoon()
      throw error
    }
  }

  finder.onReady(findSoon)
  const timer = setInterval(findSoon, FIND_EVERY_MS)
  timer.unref()

  return {
    timeoutMs,
    overlapMs,
    settlingMs: () => Math.max(0, settledAtMs - performance.now()),
    isReady,
    connections: () => connections,
    get: (key) => at(key, (server) => server.get(key)),
    getBytes: (key) => at(key, (server) => server.getBytes(key)),
    setBytes: (key, value, ttlMs) => at(key, (server) => server.setBytes(key, value, ttlMs)),
    async del(keys) {
      const counts = await Promise.all(keys.map((key) => at(key, (server) => server.del([key]))))
      return counts.reduce((sum, count) => sum + count, 0)
    },
    run: (script, keys, argument) =>
      at(keys[0] ?? '', (server) => server.run(script, keys, argument)),
    send: (args, key) => at(key, (server) => server.send(args, key)),
    async servers() {
      if (!isReady()) throw new RedisUnavailableError('Redis is not connected')
      const each = await Promise.all([...servers.values()].map((one) => one.servers()))
      return each.flat()
    },
    publish: (channel, message) => at(channel, (server) => server.publish(channel, message)),
    subscribe(channel, listener) {
      subscriptions.set(channel, listener)
      listen(channel, listener)
    },
    onReady(listener) {
      readyListeners.push(listener)
      if (isReady()) listener()
    },
    async close() {
      isClosed = true
      clearInterval(timer)
      subscriptions.clear()
      await Promise.all([
        finder.close(),
        finding,
        ...[...servers.values()].map((one) => one.close()),
      ])
    },
  }
}
