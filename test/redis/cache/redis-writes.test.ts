/** Writes while another server takes the place of the one that was asked. */

import t from 'tap'
import type { Test } from 'tap'
import { createRedisWrites } from '../../../src/redis/cache/redis-writes.js'
import type { RedisConnection } from '../../../src/redis/connection/redis-connection.js'

const SCOPE = { kind: 'resources', names: ['client'] } as const

function scene(t: Test, { overlapMs = 4_000 } = {}) {
  const asked: { op: string; id?: string }[] = []
  const listeners: (() => void)[] = []
  const state = { run: 'a', settlingMs: 0, nowMs: 0 }
  const unused = (): never => {
    throw new Error('nobody asks for this')
  }
  const redis: RedisConnection = {
    timeoutMs: 1_000,
    overlapMs,
    settlingMs: () => state.settlingMs,
    isReady: () => true,
    connections: () => 1,
    get: async () => `${state.run}|1`,
    async run(_script, _keys, argument) {
      asked.push(argument as { op: string; id?: string })
      return JSON.stringify({ head: `${state.run}|1`, now: '0', gens: [], open: [], purges: [] })
    },
    send: async () => 1,
    onReady: (listener) => void listeners.push(listener),
    getBytes: unused,
    setBytes: unused,
    del: unused,
    servers: unused,
    publish: unused,
    subscribe: unused,
    close: async () => {},
  }
  const writes = createRedisWrites({
    redis,
    namespace: 'test:',
    replica: 'replica',
    monotonicMs: () => state.nowMs,
    maxBehindMs: 0,
    writeTtlMs: 45_000,
    settleMs: 2_000,
    onPurge: () => {},
    onTrouble: (text) => t.fail(text),
  })
  t.teardown(() => writes.close())
  return {
    state,
    writes,
    ops: () => asked.map(({ op }) => op),
    reconnect: async () => {
      asked.length = 0
      for (const listener of listeners) listener()
      await ticks()
    },
  }
}

const ticks = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

t.test('a write is acknowledged once nobody asks the server before any more', async (t) => {
  const { state, writes, ops } = scene(t)
  const write = await writes.begin('account', SCOPE)
  state.settlingMs = 1
  let isAcknowledged = false
  const ended = write.end(true).then(() => {
    isAcknowledged = true
  })
  await ticks()
  t.equal(ops().at(-1), 'close', 'told at once')
  t.notOk(isAcknowledged)
  state.settlingMs = 0
  await ended
})

t.test('with a new connection what is out is told again, and what has ended lately', async (t) => {
  const { state, writes, ops, reconnect } = scene(t)
  const write = await writes.begin('account', SCOPE)
  await reconnect()
  t.strictSame(ops(), ['open'])
  await write.end(true)
  await reconnect()
  t.strictSame(ops(), ['close'])
  await reconnect()
  t.strictSame(ops(), [], 'once')
  const late = await writes.begin('account', SCOPE)
  await late.end(true)
  state.nowMs += 60_000
  await reconnect()
  t.strictSame(ops(), [], 'not for ever')
})

t.test('of one server that is all there is, ended writes need not be told again', async (t) => {
  const { writes, ops, reconnect } = scene(t, { overlapMs: 0 })
  const write = await writes.begin('account', SCOPE)
  await write.end(true)
  await reconnect()
  t.strictSame(ops(), [])
})

t.test('what another server says is in doubt until nobody asks the one before', async (t) => {
  const { state, writes } = scene(t)
  const isCurrent = (): boolean => writes.generations.isCurrent('account', 'client', 0)
  await writes.caughtUp('account')
  t.ok(isCurrent())
  Object.assign(state, { run: 'b', settlingMs: 3_000 })
  await writes.caughtUp('account')
  t.notOk(isCurrent())
  Object.assign(state, { nowMs: 2_999, settlingMs: 1 })
  await writes.caughtUp('account')
  t.notOk(isCurrent())
  Object.assign(state, { nowMs: 3_000, settlingMs: 0 })
  await writes.caughtUp('account')
  t.ok(isCurrent())
})
