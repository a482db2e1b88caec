/** The lease on a call that several replicas want to make. */

import t from 'tap'
import { createSharedFlights } from '../../src/redis/cache/shared-flights.js'
import { connectRedis } from '../../src/redis/connection/connect.js'
import { eventually } from './ledgers.js'
import { startRedis, withoutRedis } from './redis-process.js'

const SKIP = withoutRedis === false ? {} : { skip: withoutRedis }
const FLIGHT = { account: 'a', key: '/client/', generation: 1 }

t.test(
  'a replica that asks after the call has landed looks at the store first',
  SKIP,
  async (t) => {
    const server = await startRedis(t)
    const replica = async (name: string) => {
      const redis = connectRedis({ url: server.url, name, onError: () => {} })
      t.teardown(() => redis.close())
      await eventually(() => redis.isReady(), 'a connection')
      const flights = createSharedFlights({ redis, namespace: 'test:', replica: name })
      t.teardown(() => flights.close())
      const { signal } = new AbortController()
      return { redis, lead: () => flights.lead(FLIGHT, signal) }
    }
    const [a, b, c] = [await replica('a'), await replica('b'), await replica('c')]
    const first = await a.lead()
    first?.landed()
    await a.redis.send(['PING'], '')
    t.equal(await b.lead(), undefined, 'its look at the store may have been before the entry')
    t.equal(await c.lead(), undefined, 'and so may that of any other')
    const second = await b.lead()
    t.ok(second, 'the store does not have it: the replica may call')
    const waiting = c.lead()
    second?.landed()
    t.equal(await waiting, undefined, 'a call is under way: it waits, then looks')
  },
)
