/**
 * One call for equal requests at several replicas. The replica that makes the call takes a lease on its key
 * and generation, and renews it; the others wait until the flight has settled, then look at the store. A
 * replica that dies stops renewing, and another one makes the call: two calls at most, and no endless wait.
 *
 * A settled lease stays for a moment as a mark. A replica may have looked at the store before the entry was
 * there, and ask for the lease after it was released: the mark sends it to the store again.
 */

import { randomUUID } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Lead, SharedFlights } from '../../cache/index.js'
import type { RedisConnection } from '../connection/redis-connection.js'
import { redisScript } from '../connection/script.js'
import { accountKey, digest } from './redis-cache-keys.js'

export interface SharedFlightsOptions {
  readonly redis: RedisConnection
  readonly namespace: string
  readonly replica: string
  /** A lease that is not renewed is free after this long, milliseconds. Default 2,000. */
  readonly leaseMs?: number
}

const RELEASE = redisScript(`
local a = cjson.decode(ARGV[1])
if redis.call('GET', KEYS[1]) == a.replica then
  redis.call('SET', KEYS[1], a.landing, 'PX', a.leaseMs)
end
redis.call('PUBLISH', a.channel, a.flight)
return 'OK'
`)

const TAKE_OR_RENEW = redisScript(`
local a = cjson.decode(ARGV[1])
local holder = redis.call('GET', KEYS[1])
if holder and string.sub(holder, 1, 7) == 'landed ' then
  if holder ~= a.seen then return holder end
elseif holder and holder ~= a.replica then
  return 'taken'
end
redis.call('SET', KEYS[1], a.replica, 'PX', a.leaseMs)
return 'mine'
`)

/** Poll interval, in case the pub/sub message is lost. */
const LOOK_AGAIN_MS = 250

export function createSharedFlights(options: SharedFlightsOptions): SharedFlights {
  const { redis, namespace, replica, leaseMs = 2_000 } = options
  const channel = `${namespace}landed`
  const waiting = new Map<string, Set<() => void>>()
  const leases = new Map<string, NodeJS.Timeout>()
  /** Marks after which this replica has looked at the store, by lease. */
  const seen = new LRUCache<string, string>({ max: 1_000 })
  redis.subscribe(channel, (flight) => {
    for (const wake of waiting.get(flight) ?? []) wake()
  })

  /** Resolves when the flight has settled, or after a while. */
  function landing(flight: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', gone)
        wakes.delete(done)
        if (wakes.size === 0) waiting.delete(flight)
        resolve()
      }
      const gone = (): void => {
        done()
        reject(signal.reason as Error)
      }
      const timer = setTimeout(done, LOOK_AGAIN_MS)
      const wakes = waiting.get(flight) ?? new Set()
      waiting.set(flight, wakes)
      wakes.add(done)
      signal.addEventListener('abort', gone, { once: true })
    })
  }

  /** 'mine', 'taken' or the mark of a settled flight. Undefined: Redis cannot be asked. */
  async function tryTake(lease: string): Promise<string | undefined> {
    try {
      const given = { replica, leaseMs, seen: seen.get(lease) }
      return await redis.run(TAKE_OR_RENEW, [lease], given)
    } catch {
      return undefined
    }
  }

  function hold(lease: string, flight: string): Lead {
    const renewal = setInterval(() => void tryTake(lease), leaseMs / 3)
    leases.set(lease, renewal)
    return {
      landed() {
        clearInterval(renewal)
        leases.delete(lease)
        // On the same connection, after the entry, so a replica that hears it finds the entry.
        const landing = `landed ${randomUUID()}`
        redis.run(RELEASE, [lease], { replica, channel, flight, landing, leaseMs }).catch(() => {})
      },
    }
  }

  return {
    async lead({ account, key, generation }, signal) {
      const flight = digest(`${generation} ${key}`)
      const lease = accountKey(namespace, account, `f:${flight}`)
      // This replica has another flight for it already, and asks again.
      if (leases.has(lease) || !redis.isReady()) return { landed: () => {} }
      const landed = landing(flight, signal)
      landed.catch(() => {})
      const taken = await tryTake(lease)
      if (taken === 'mine') return hold(lease, flight)
      if (taken === undefined) return { landed: () => {} }
      if (taken === 'taken') await landed
      else seen.set(lease, taken)
      return undefined
    },
    size: () => leases.size,
    close() {
      for (const renewal of leases.values()) clearInterval(renewal)
      leases.clear()
    },
  }
}
