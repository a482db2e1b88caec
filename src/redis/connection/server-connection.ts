/**
 * One connection to one server for one purpose. It reconnects by itself, queues nothing while it is
 * disconnected, and gives up on each command after a while; the caller decides what that means.
 */

import { createClient, ErrorReply, RESP_TYPES } from '@redis/client'
import { addressText } from '../../config/redis-address.js'
import type { Credentials, ServerAddress } from '../../config/redis-address.js'
import { RedisUnavailableError } from './redis-connection.js'
import type { RedisConnection } from './redis-connection.js'
import type { RedisScript } from './script.js'

export interface ServerOptions extends Credentials {
  readonly server: ServerAddress
  readonly isTls: boolean
  readonly database: number
  readonly name: string
  readonly timeoutMs?: number
  readonly ca?: string
  readonly onError: (error: Error) => void
}

/** Errors of a server that is not ready, or no longer the right one; others are mistakes of ours. */
const NOT_NOW =
  /^(?:READONLY|LOADING|MASTERDOWN|NOREPLICAS|MISCONF|CLUSTERDOWN|MOVED|ASK|TRYAGAIN|BUSY) /u

/** Commands in flight; more are refused. */
const MAX_COMMANDS = 20_000
/** Milliseconds that a command may take. */
export const DEFAULT_TIMEOUT_MS = 1_000
const CONNECT_TIMEOUT_MS = 2_000
const LONGEST_BACKOFF_MS = 1_000
/** Finds out that a peer is gone, so that the next command has a new connection. */
const PING_EVERY_MS = 1_000
const SILENT_FOR_MS = 3_000

export function connectServer(options: ServerOptions): RedisConnection {
  const { server, isTls, username, password, database, name, ca, onError } = options
  const { timeoutMs = DEFAULT_TIMEOUT_MS } = options
  const common = {
    ...server,
    connectTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: SILENT_FOR_MS,
    // With jitter, so that not all replicas reconnect in the same millisecond.
    reconnectStrategy: (retries: number): number =>
      Math.min(LONGEST_BACKOFF_MS, 25 * 2 ** Math.min(retries, 6)) * (0.5 + Math.random() / 2),
  }
  const client = createClient({
    name,
    database,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    RESP: 3,
    disableOfflineQueue: true,
    commandsQueueMaxLength: MAX_COMMANDS,
    pingInterval: PING_EVERY_MS,
    socket: isTls ? { ...common, tls: true, ...(ca !== undefined && { ca }) } : common,
  })
  const bytes = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })
  let connections = 0
  let isClosed = false
  const readyListeners: (() => void)[] = []
  client.on('error', onError)
  client.on('ready', () => {
    connections++
    for (const listener of readyListeners) listener()
  })
  // Not awaited: commands fail until it is connected.
  const connecting = client.connect().catch(onError)

  async function asked<T>(command: () => Promise<T>): Promise<T> {
    if (!client.isReady || isClosed) throw new RedisUnavailableError('Redis is not connected')
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(new RedisUnavailableError(`Redis did not answer within ${timeoutMs} ms`))
      }, timeoutMs)
    })
    try {
      return await Promise.race([command(), late])
    } catch (error) {
      if (error instanceof RedisUnavailableError) throw error
      if (error instanceof ErrorReply) {
        if (!NOT_NOW.test(error.message)) throw error
        throw new RedisUnavailableError(`Redis does not take it: ${error.message}`, {
          cause: error,
        })
      }
      throw new RedisUnavailableError('the connection to Redis broke', { cause: error })
    } finally {
      clearTimeout(timer)
    }
  }

  async function run(script: RedisScript, keys: string[], argument: string): Promise<string> {
    const call = { keys, arguments: [argument] }
    try {
      return (await client.evalSha(script.sha1, call)) as string
    } catch (error) {
      // A restarted Redis does not know the script.
      if (!(error instanceof ErrorReply) || !error.message.startsWith('NOSCRIPT')) throw error
      return (await client.eval(script.source, call)) as string
    }
  }

  const send = (args: readonly string[]): Promise<unknown> =>
    asked(() => client.sendCommand([...args]))

  return {
    timeoutMs,
    overlapMs: 0,
    settlingMs: () => 0,
    isReady: () => client.isReady && !isClosed,
    connections: () => connections,
    get: (key) => asked(() => client.get(key)),
    getBytes: (key) => asked(() => bytes.get(key)),
    setBytes: (key, value, ttlMs) =>
      asked(async () => {
        await client.set(key, value, { expiration: { type: 'PX', value: ttlMs } })
      }),
    del: (keys) => asked(() => client.del([...keys])),
    run: (script, keys, argument) => asked(() => run(script, [...keys], JSON.stringify(argument))),
    send,
    servers: async () => [{ name: addressText(server), send }],
    publish: (channel, message) =>
      asked(async () => {
        await client.publish(channel, message)
      }),
    subscribe(channel, listener) {
      // Only once, because the client subscribes again after each reconnection.
      let isSubscribed = false
      this.onReady(() => {
        if (isSubscribed) return
        isSubscribed = true
        client.subscribe(channel, listener).catch((error: Error) => {
          isSubscribed = false
          onError(error)
        })
      })
    },
    onReady(listener) {
      readyListeners.push(listener)
      if (client.isReady) listener()
    },
    async close() {
      isClosed = true
      if (client.isOpen) client.destroy()
      await connecting
    },
  }
}
