/**
 * A connection to whichever server has the key. It asks again and again which one that is, and believes
 * what it heard only for a while: who is cut off from those who decide it, or was stopped for a time, might
 * else go on with a server that another has taken the place of.
 */

import { addressText } from '../../config/redis-address.js'
import { RedisUnavailableError } from './redis-connection.js'
import type { RedisConnection } from './redis-connection.js'
import type { Route, RouteFinder } from './routes.js'
import { connectServer, DEFAULT_TIMEOUT_MS } from './server-connection.js'
import type { ServerOptions } from './server-connection.js'

const FIND_EVERY_MS = 500
/** Longer than one that is asked may take to answer. */
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
  /** The connection that each channel is heard by. */
  const heardBy = new Map<string, RedisConnection>()
  let route: Route | undefined
  let foundAtMs = -Infinity
  let settledAtMs = -Infinity
  let failures = 0
  let connections = 0
  let finding: Promise<void> | undefined
  let isClosed = false

  /** Also where all are connected already: what a key has is another server's now. */
  function becameReady(): void {
    connections++
    if (isReady()) for (const listener of readyListeners) listener()
  }

  async function find(): Promise<void> {
    // What is heard is as old as the question.
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
      // Once may be one that is about to be connected; they are asked again in a moment.
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

  /** Messages go to all servers of a cluster, so it is enough to hear one. */
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

  /** The connection that leads to it; what comes back is that another server has it now. */
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
