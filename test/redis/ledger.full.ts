/** What is only true of a ledger that several share: one budget, whatever becomes of Redis. */

import t from 'tap'
import { accountScope, WINDOW_SCOPE } from '../../src/limits/index.js'
import type { Ledger } from '../../src/limits/index.js'
import { connectRedis } from '../../src/redis/connection/connect.js'
import { realClock } from '../limits/real-clock.js'
import { kindOf, ofAccount, permitOf, take } from '../limits/setup.js'
import { eventually, ledgerScene, sleep } from './ledgers.js'
import { startRedis, withoutRedis } from './redis-process.js'

const SKIP = withoutRedis === false ? {} : { skip: withoutRedis }
const isAsked = (ledger: Ledger) => () => ledger.problem?.() === undefined
const used = (ledger: Ledger): number | undefined => ledger.usage().days[0]?.used

t.test('three replicas let out as many as one would', SKIP, async (t) => {
  const redis = await startRedis(t)
  const scene = ledgerScene(t, redis, { max: 10 })
  const replicas = [await scene.replica(), await scene.replica(), await scene.replica()]
  const kinds = await Promise.all(
    Array.from({ length: 60 }, (_, i) => kindOf(replicas[i % 3] as Ledger, 'a')),
  )
  t.equal(kinds.filter((kind) => kind === 'permitted').length, 10)
})

t.test('each address that requests leave by has a window, all have one day', SKIP, async (t) => {
  const redis = await startRedis(t)
  const scene = ledgerScene(t, redis, { max: 2, dayMax: 3 })
  const [here, there] = [await scene.replica(), await scene.replica({ egress: 'other' })]
  await take(here)
  await take(here)
  t.equal(await kindOf(here), 'wait')
  await take(there)
  t.equal(await kindOf(there), 'day-spent')
  here.refused({ reason: 'too-fast', scope: WINDOW_SCOPE, retryAfterMs: undefined })
  await eventually(() => here.usage().pauses.length === 1, 'the pause')
  t.equal(await kindOf(there, 'b'), 'permitted', 'a pause of one address is none of the other')
  t.same(there.usage().pauses, [])
})

t.test('a pause that one heard of holds all, and a person ends it anywhere', SKIP, async (t) => {
  const redis = await startRedis(t)
  const scene = ledgerScene(t, redis)
  const [one, other] = [await scene.replica(), await scene.replica()]
  const scope = accountScope('a')
  one.refused({ reason: 'suspended', scope, retryAfterMs: undefined })
  await eventually(async () => (await kindOf(other)) === 'paused', 'the pause at the other')
  t.ok(other.resume(scope))
  await eventually(async () => (await kindOf(one)) === 'permitted', 'the end of it')
})

t.test(
  'a replica that dies with permits out costs time, and no request too many',
  SKIP,
  async (t) => {
    const redis = await startRedis(t)
    const scene = ledgerScene(t, redis, { max: 2 })
    const [dying, other] = [await scene.replica(), await scene.replica()]
    await take(dying)
    await take(dying)
    const takenAtMs = performance.now()
    await dying.close()
    let kind = 'wait'
    while (kind === 'wait') {
      await sleep(20)
      kind = await kindOf(other)
    }
    const heldMs = performance.now() - takenAtMs
    t.equal(kind, 'permitted')
    t.ok(heldMs > scene.worstMs - 50, `after ${heldMs} of ${scene.worstMs} ms`)
  },
)

for (const loss of ['FLUSHALL', 'a restart without data'] as const) {
  t.test(
    `${loss}: nothing leaves until nothing can count; the day is not forgotten`,
    SKIP,
    async (t) => {
      const redis = await startRedis(t)
      const scene = ledgerScene(t, redis, { max: 5, dayMax: 'auto' })
      const replicas = [await scene.replica(), await scene.replica()]
      const [one, other] = replicas as [Ledger, Ledger]
      await kindOf(one)
      one.quotaAnswer(one.quotaQuestion('a'), { max: 100, used: 40 })
      for (let i = 0; i < 3; i++) one.settle(await take(one), 'answered')
      one.refused({ reason: 'banned', scope: accountScope('b'), retryAfterMs: undefined })
      await eventually(() => used(other) === 43 && other.usage().pauses.length === 1, 'a look')
      const lostAtMs = performance.now()
      if (loss === 'FLUSHALL') await redis.command('FLUSHALL')
      else await redis.restart()
      await eventually(() => scene.troubles.length >= 2, 'both to notice')
      t.match(scene.troubles, [/nothing is sent for \d s/, /nothing is sent/])
      t.equal(await kindOf(one), 'wait')
      t.equal(one.usage().window.held, 5, 'and status says that the window is full')
      await eventually(async () => (await kindOf(one, 'a', false)) === 'permitted', 'the end of it')
      t.ok(
        performance.now() - lostAtMs > scene.worstMs,
        'after the longest that a permit can count',
      )
      t.equal(await kindOf(one), 'ask-quota', 'then the day is asked of the upstream')
      t.equal(used(one), 3, 'what the replicas counted themselves is still known')
      t.match(await one.take(ofAccount('b')), { kind: 'paused', reason: 'banned' })
      one.quotaAnswer(one.quotaQuestion('a'), { max: 100, used: 43 })
      await eventually(() => Number(used(other)) >= 43, 'the reading')
      t.equal(await kindOf(other), 'permitted')
    },
  )
}

t.test(
  'the same Redis, a failover to another or a restore: another run_id is a loss',
  SKIP,
  async (t) => {
    const redis = await startRedis(t)
    const scene = ledgerScene(t, redis)
    const ledger = await scene.replica()
    await take(ledger)
    await redis.command('HSET', `${scene.prefix}meta`, 'run', 'another')
    t.equal(await kindOf(ledger), 'wait')
    t.match(scene.troubles, [/nothing is sent/])
  },
)

t.test('a database without history is not trusted unless it is said to be new', SKIP, async (t) => {
  const redis = await startRedis(t)
  const scene = ledgerScene(t, redis)
  const careful = await scene.replica({ trustsNew: false })
  t.equal(await kindOf(careful), 'wait')
  t.match(scene.troubles, [/no history/])
})

t.test('without Redis nothing leaves; what ended meanwhile is told afterwards', SKIP, async (t) => {
  const redis = await startRedis(t)
  const scene = ledgerScene(t, redis, { max: 2 })
  const ledger = await scene.replica()
  const [first, second] = [await take(ledger), await take(ledger)]
  redis.signal('SIGSTOP')
  const asked = await Promise.allSettled(Array.from({ length: 50 }, () => ledger.take(ofAccount())))
  t.equal(asked.filter(({ status }) => status === 'rejected').length, 50)
  t.match(ledger.problem?.(), /cannot be asked/)
  ledger.settle(first, 'unsent')
  ledger.settle(second, 'unsent')
  redis.signal('SIGCONT')
  await eventually(isAsked(ledger), 'Redis')
  await eventually(() => ledger.usage().window.held === 0, 'the ends to be told')
  t.equal(used(ledger), 0, 'and none of the 50 that gave up has taken anything')
})

t.test(
  'the clock of Redis goes ahead: nothing that it gave back too early is used',
  SKIP,
  async (t) => {
    const redis = await startRedis(t)
    const scene = ledgerScene(t, redis, { max: 1 })
    let stoodStillMs = 0
    // Seen from a replica whose own clock lost 400 ms, Redis' went ahead by as much.
    const clock = { ...realClock, monotonicMs: () => performance.now() - stoodStillMs }
    const ledger = await scene.replica({ clock })
    ledger.settle(await take(ledger), 'answered')
    stoodStillMs = 400
    await eventually(() => scene.troubles.length > 0, 'it to be noticed')
    t.match(scene.troubles[0], /clock of Redis went ahead/)
    t.equal(await kindOf(ledger), 'wait')
  },
)

t.test('a wrong clock of a replica is nobody’s concern', SKIP, async (t) => {
  const redis = await startRedis(t)
  const scene = ledgerScene(t, redis, { max: 2 })
  const clock = { ...realClock, wallMs: () => Date.now() + 3_600_000 * 30 }
  const [wrong, right] = [await scene.replica({ clock }), await scene.replica()]
  t.same((await take(wrong)).days, (await take(right)).days)
  t.equal(await kindOf(wrong), 'wait')
  t.equal(used(right), 2)
})

t.test('a ledger of another format is not touched', SKIP, async (t) => {
  const redis = await startRedis(t)
  const scene = ledgerScene(t, redis)
  await redis.command('HSET', `${scene.prefix}meta`, 'format', '2')
  const ledger = await scene.replica()
  await t.rejects(ledger.take(ofAccount()), { message: /format 2, this version reads 1/ })
  t.match(ledger.problem?.(), /format 2/)
})

t.test('who is more urgent, or got less, goes first at whatever replica', SKIP, async (t) => {
  const redis = await startRedis(t)
  const scene = ledgerScene(t, redis, { max: 4 })
  const [one, other] = [await scene.replica(), await scene.replica()]
  const greedy = { ...ofAccount(), consumer: 'greedy', priority: 'interactive' } as const
  const modest = { ...ofAccount(), consumer: 'modest', priority: 'interactive' } as const
  const writer = { ...ofAccount(), consumer: 'writer', priority: 'write' } as const
  const permits = []
  for (let i = 0; i < 4; i++) permits.push(permitOf(await one.take(greedy)))
  t.equal((await other.take(modest)).kind, 'wait')
  for (const permit of permits.slice(0, 1)) one.settle(permit, 'unsent')
  t.equal((await one.take(greedy)).kind, 'wait', 'the free slot is left to whoever got less')
  t.equal((await other.take(modest)).kind, 'permitted')
  t.equal((await one.take(writer)).kind, 'wait')
  one.settle(permits[1] as NonNullable<(typeof permits)[number]>, 'unsent')
  t.equal((await other.take(modest)).kind, 'wait', 'a write of the other replica goes first')
  t.equal((await one.take(writer)).kind, 'permitted')
  t.equal((await other.take(modest)).kind, 'wait')
  // Whoever left without a word is waited for no longer than a second.
  one.settle(permits[2] as NonNullable<(typeof permits)[number]>, 'unsent')
  await other.close()
  await eventually(async () => (await one.take(greedy)).kind === 'permitted', 'the slot')
})

t.test('the commands of a permit are bounded: so are keys and their sizes', SKIP, async (t) => {
  const redis = await startRedis(t)
  const scene = ledgerScene(t, redis, { max: 50, dayMax: 10_000, windowMs: 200 })
  const ledger = await scene.replica()
  for (let i = 0; i < 500; i++) {
    const decision = await ledger.take({ ...ofAccount(), consumer: `consumer ${i}` })
    if (decision.kind === 'permitted') ledger.settle(decision.permit, 'answered')
    else await sleep(20)
  }
  const client = connectRedis({ url: redis.url, name: 'test', onError: () => {} })
  t.teardown(() => client.close())
  await eventually(() => client.isReady(), 'a connection')
  const keys = (await client.send(['KEYS', `${scene.prefix}*`], '')) as string[]
  t.ok(keys.length <= 9, `${keys.length} keys`)
  t.ok(Number(await client.send(['ZCARD', `${scene.prefix}slots:default`], '')) <= 50)
  t.ok(Number(await client.send(['HLEN', `${scene.prefix}demand:default`], '')) <= 1)
})
