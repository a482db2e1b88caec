/** Before a write goes out, who might take the place of Redis knows its key. */

import t from 'tap'
import { createRedisRecords } from '../../src/redis/idempotency-records.js'
import type { RedisConnection } from '../../src/redis/connection/redis-connection.js'

function scene({ overlapMs, copies }: { overlapMs: number; copies: number }) {
  const asked: string[] = []
  const clock = { nowMs: 1_000_000 }
  const redis = {
    overlapMs,
    async run() {
      asked.push('script')
      return JSON.stringify({ born: '1', count: 1 })
    },
    async send([command]: readonly string[]) {
      asked.push(String(command))
      return copies
    },
  } satisfies Partial<RedisConnection> as unknown as RedisConnection
  const records = createRedisRecords({
    redis,
    prefix: 'test:{keys}:',
    inFlightMs: 1_000,
    wallMs: () => clock.nowMs,
    onLost: () => {},
  })
  const begin = (id: string) =>
    records.begin(id, { fingerprint: 'f', expiresAtMs: clock.nowMs + 1_000, nowMs: clock.nowMs })
  return { asked, clock, begin }
}

t.test('a copy is waited for', async (t) => {
  const { asked, begin } = scene({ overlapMs: 4_000, copies: 1 })
  await begin('a')
  await begin('b')
  t.strictSame(asked, ['script', 'WAIT', 'script', 'WAIT'])
})

t.test('where there is none it is looked for now and then', async (t) => {
  const { asked, clock, begin } = scene({ overlapMs: 4_000, copies: 0 })
  await begin('a')
  await begin('b')
  t.strictSame(asked, ['script', 'WAIT', 'script'])
  clock.nowMs += 2_000
  await begin('c')
  t.equal(asked.at(-1), 'WAIT')
})

t.test('of one server nobody takes the place', async (t) => {
  const { asked, begin } = scene({ overlapMs: 0, copies: 0 })
  await begin('a')
  t.strictSame(asked, ['script'])
})
