/**
 * Entries on Redis, behind the memory of each replica. Redis drops them when they have expired, or earlier
 * if it is short of memory; the generations say whether an entry is current.
 */

import type { RedisConnection } from '../connection/redis-connection.js'
import { asStale, type StoredResponse } from '../../cache/stores/entry.js'
import { isSelected, type PurgeSelection, type ResponseStore } from '../../cache/stores/store.js'
import { decodeEntry, encodeEntry } from './entry-codec.js'
import { accountKey, digest } from './redis-cache-keys.js'

export interface RedisStoreOptions {
  readonly redis: RedisConnection
  readonly namespace: string
  readonly maxEntryBytes: number
  readonly wallMs: () => number
}

const SCAN_COUNT = 500

export function createRedisStore(options: RedisStoreOptions): ResponseStore {
  const { redis, namespace, maxEntryBytes, wallMs } = options
  let isClosed = false

  const keyOf = (key: string): string => accountKey(namespace, accountOf(key), `e:${digest(key)}`)

  async function put(name: string, key: string, entry: StoredResponse): Promise<void> {
    const ttlMs = Math.ceil(entry.staleUntilMs - wallMs())
    if (ttlMs > 0) await redis.setBytes(name, encodeEntry(key, entry), ttlMs)
    else await redis.del([name])
  }

  async function* entryKeys(): AsyncGenerator<string> {
    const match = `${namespace}{*}:e:*`
    const servers = await redis.servers()
    for (const server of servers) {
      let cursor = '0'
      do {
        const reply = await server.send([
          'SCAN',
          cursor,
          'MATCH',
          match,
          'COUNT',
          String(SCAN_COUNT),
        ])
        const [next, keys] = reply as [string, string[]]
        cursor = next
        yield* keys
      } while (cursor !== '0')
    }
  }

  return {
    async get(key) {
      if (isClosed || !redis.isReady()) return undefined
      const bytes = await redis.getBytes(keyOf(key))
      return bytes === null ? undefined : decodeEntry(key, bytes)
    },
    async set(key, entry) {
      if (isClosed || !redis.isReady()) return false
      if (entry.sizeBytes > maxEntryBytes) {
        await redis.del([keyOf(key)])
        return false
      }
      await put(keyOf(key), key, entry)
      return true
    },
    async delete(key) {
      if (isClosed || !redis.isReady()) return false
      return (await redis.del([keyOf(key)])) > 0
    },
    async purge(selection: PurgeSelection) {
      if (isClosed) return 0
      let met = 0
      for await (const name of entryKeys()) {
        const bytes = await redis.getBytes(name)
        const key = bytes === null ? undefined : keyIn(bytes)
        const entry = bytes === null || key === undefined ? undefined : decodeEntry(key, bytes)
        if (entry === undefined || key === undefined || !isSelected(entry, selection)) continue
        met++
        if (selection.soft === true) await put(name, key, asStale(entry))
        else await redis.del([name])
      }
      return met
    },
    /** Unknown here: Redis counts the entries of all replicas. */
    usage: () => ({ entries: 0, bytes: 0 }),
    async close() {
      isClosed = true
    },
  }
}

/** The first part of a cache key, see key.ts. */
function accountOf(key: string): string {
  const [account] = JSON.parse(key) as [string]
  return account
}

/** The key that an entry names; undefined if the bytes are no entry. */
function keyIn(bytes: Buffer): string | undefined {
  try {
    const head = bytes.subarray(5, 5 + bytes.readUInt32BE(1)).toString('utf8')
    return (JSON.parse(head) as { key?: string }).key
  } catch {
    return undefined
  }
}
