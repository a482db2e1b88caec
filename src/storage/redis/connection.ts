/**
 * One connection to Redis for one purpose. It reconnects by itself, queues nothing while it is away,
 * and gives up on each command after a while: whoever asks decides what that means.
 */

import { createClient, ErrorReply, RESP_TYPES } from '@redis/client'
import type { RedisScript } from './script.js'

/** Redis could not be asked, or did not answer in time. Whether the command was carried out is unknown. */
export class RedisUnavailableError extends Error {
  readonly code = 'REDIS_UNAVAILABLE'
}

export interface RedisConnection {
  /** Whether a command would be sent now. */
  isReady(): boolean
  /** After so long without an answer a command counts as failed, milliseconds. */
  readonly timeoutMs: number
  /** Times that a connection was made; another number than before means that something may be missed. */
  connections(): number
  get(key: string): Promise<string | null>
  getBytes(key: string): Promise<Buffer | null>
  setBytes(key: string, value: Buffer, ttlMs: number): Promise<void>
  del(keys: readonly string[]): Promise<number>
  run(script: RedisScript, keys: readonly string[], argument: unknown): Promise<string>
  /** Any other command, for looking around. */
  send(args: readonly string[]): Promise<unknown>
  publish(channel: string, message: string): Promise<void>
  /** From the next connection on; what is published while there is none is missed. */
  subscribe(channel: string, listener: (message: string) => void): void
  onReady(listener: () => void): void
  close(): Promise<void>
}

export interface RedisConnectionOptions {
  /** `redis://` or `rediss://`, with user and password if need be. */
  readonly url: string
  /** Shown by `CLIENT LIST`. */
  readonly name: string
  /** For one command, milliseconds. Default 1,000. */
  readonly timeoutMs?: number
  /** PEM of an additional certificate authority. */
  readonly ca?: string
  /** The connection was lost or refused; called again and again while that lasts. */
  readonly onError: (error: Error) => void
}

/** Commands under way at the same time; past it they are refused. */
const MAX_COMMANDS = 20_000
const CONNECT_TIMEOUT_MS = 2_000
const LONGEST_BACKOFF_MS = 1_000
/** Where a peer is gone without a word, the next command that gets no answer should find a new connection. */
const PING_EVERY_MS = 1_000
const SILENT_FOR_MS = 3_000

export function connectRedis(options: RedisConnectionOptions): RedisConnection {
  const { url, name, timeoutMs = 1_000, ca, onError } = options
  const common = {
    connectTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: SILENT_FOR_MS,
    // With some jitter, or all replicas come back in the same millisecond.
    reconnectStrategy: (retries: number): number =>
      Math.min(LONGEST_BACKOFF_MS, 25 * 2 ** Math.min(retries, 6)) * (0.5 + Math.random() / 2),
  }
  const client = createClient({
    url,
    name,
    RESP: 3,
    disableOfflineQueue: true,
    commandsQueueMaxLength: MAX_COMMANDS,
    pingInterval: PING_EVERY_MS,
    socket: url.startsWith('rediss:')
      ? { ...common, tls: true, ...(ca !== undefined && { ca }) }
      : common,
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
  // Not waited for: a proxy starts without Redis as it goes on without it.
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
      if (error instanceof RedisUnavailableError || error instanceof ErrorReply) throw error
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
      // A Redis that was restarted does not know it any more.
      if (!(error instanceof ErrorReply) || !error.message.startsWith('NOSCRIPT')) throw error
      return (await client.eval(script.source, call)) as string
    }
  }

  return {
    timeoutMs,
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
    send: (args) => asked(() => client.sendCommand([...args])),
    publish: (channel, message) =>
      asked(async () => {
        await client.publish(channel, message)
      }),
    subscribe(channel, listener) {
      // Once: the client subscribes again by itself after each reconnection.
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
