/** How Redis is spoken to, wherever it is. */

import type { RedisScript } from './script.js'

/** Redis could not be asked, or did not answer in time. Whether the command was carried out is unknown. */
export class RedisUnavailableError extends Error {
  readonly code = 'REDIS_UNAVAILABLE'
}

/** One of several. */
export interface RedisServer {
  /** As people write it, without a password. */
  readonly name: string
  readonly send: (args: readonly string[]) => Promise<unknown>
}

export interface RedisConnection {
  /** Whether a command would be sent now, for every key. */
  isReady(): boolean
  /** After so long without an answer a command counts as failed, milliseconds. */
  readonly timeoutMs: number
  /**
   * So long a server may still be asked that another has taken the place of, milliseconds; 0 where there
   * is only one.
   */
  readonly overlapMs: number
  /** For so long after such a change, milliseconds, others may still be there; 0 where nothing changes. */
  settlingMs(): number
  /** Times that a connection was made; another number than before means that something may be missed. */
  connections(): number
  get(key: string): Promise<string | null>
  getBytes(key: string): Promise<Buffer | null>
  setBytes(key: string, value: Buffer, ttlMs: number): Promise<void>
  del(keys: readonly string[]): Promise<number>
  /** All keys in one hash slot. */
  run(script: RedisScript, keys: readonly string[], argument: unknown): Promise<string>
  /** Any other command, to the server that has this key. */
  send(args: readonly string[], key: string): Promise<unknown>
  /** All there are, for looking around. Rejects where one of them is not there. */
  servers(): Promise<readonly RedisServer[]>
  publish(channel: string, message: string): Promise<void>
  /** From the next connection on; messages published without a connection are missed. */
  subscribe(channel: string, listener: (message: string) => void): void
  onReady(listener: () => void): void
  close(): Promise<void>
}
