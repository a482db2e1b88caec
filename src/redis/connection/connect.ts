/** To Redis by its address: one server, the master that sentinels name, or a cluster. */

import { parseRedisAddress } from '../../config/redis-address.js'
import type { RedisConnection } from './redis-connection.js'
import { connectRouted } from './routed-connection.js'
import { findByCluster } from './cluster-route.js'
import { findBySentinels } from './sentinel-route.js'
import { connectServer } from './server-connection.js'

export interface RedisConnectionOptions {
  /** See config/redis-address.ts; with user and password if need be. */
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

/** @throws RedisAddressError */
export function connectRedis({ url, ...options }: RedisConnectionOptions): RedisConnection {
  const address = parseRedisAddress(url)
  switch (address.kind) {
    case 'server':
      return connectServer({ ...options, ...address })
    case 'sentinel':
      return connectRouted({ ...options, ...address }, findBySentinels({ ...options, ...address }))
    case 'cluster':
      return connectRouted({ ...options, ...address }, findByCluster({ ...options, ...address }))
    default:
      return address satisfies never
  }
}
