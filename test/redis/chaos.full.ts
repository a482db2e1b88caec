/** The short form of `npm run soak -- --redis`: each mishap once or twice. */

import t from 'tap'
import { chaos, MISHAPS } from '../../bench/redis/chaos.js'
import { withoutRedis } from './redis-process.js'

const SKIP = withoutRedis === false ? {} : { skip: withoutRedis }
const SECONDS = 60

t.test('one budget, whatever happens to replicas and to Redis', SKIP, async (t) => {
  const report = await chaos({ seconds: SECONDS, seed: 3, log: (line) => t.comment(line) })
  const { maxInAnyWindow, windowMax, dayUsed, dayMax, lost, arrivals, mishaps } = report
  t.ok(maxInAnyWindow <= windowMax, `${maxInAnyWindow} of ${windowMax} in a window`)
  t.ok(dayUsed <= dayMax, `${dayUsed} of ${dayMax} in the day`)
  t.same(lost, [])
  t.ok(arrivals > windowMax, `${arrivals} arrivals`)
  const happened = Object.values(mishaps).reduce((sum, count) => sum + count, 0)
  t.ok(happened >= MISHAPS.length / 2, JSON.stringify(mishaps))
})
