// Five hours of the working day of the benchmarks, with the noon in which everybody logs time.

import t from 'tap'
import { runDay } from '../../bench/day/part.js'

const HOURS = { fromHour: 8, hours: 5, seed: 1, factor: 1, isUnlimited: false } as const

t.test('through the proxy: nothing refused, nothing failed, nothing wrong', async (t) => {
  const day = await runDay({ ...HOURS, front: 'proxy' })
  t.comment(`${day.requests} requests, ${day.calls} calls, ${day.outOfDate} answers out of date`)
  t.ok(day.writes > 50 && day.reads > 1_000, 'there was life')
  t.equal(day.refusals, 0)
  t.strictSame(day.failures, {})
  t.equal(day.wrong, 0)
  t.ok(day.maxInAnyWindow <= 100)
  t.ok(day.calls < day.requests)
})

t.test('the judge can say otherwise: a cache with times only gives wrong answers', async (t) => {
  const day = await runDay({ ...HOURS, front: 'ttl' })
  t.ok(day.wrong > 0)
})
