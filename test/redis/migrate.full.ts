/** From a proxy with a data directory of its own to replicas on Redis: the day goes on, and so does the window. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { startProxy } from '../crash/proxy-process.js'
import type { ProxyProcess } from '../crash/proxy-process.js'
import { ask } from '../server/client.js'
import { startSimulator } from '../../src/simulator/index.js'
import { eventually } from './ledgers.js'
import { startRedis, withoutRedis } from './redis-process.js'

const SKIP = withoutRedis === false ? {} : { skip: withoutRedis }

interface Spent {
  readonly budgets: {
    readonly minute: { readonly used: number }
    readonly day: readonly { readonly used: number }[]
  }
}

t.test('the count of the day and of the window is taken along, once', SKIP, async (t) => {
  const redis = await startRedis(t)
  const sim = await startSimulator({ minuteMax: 100_000, dayMax: 100_000 })
  const dataDir = mkdtempSync(join(tmpdir(), 'migrate-'))
  const running: ProxyProcess[] = []
  t.teardown(async () => {
    for (const proxy of running) await proxy.kill('SIGKILL')
    await sim.close()
    rmSync(dataDir, { recursive: true, force: true })
  })
  const start = async (env: Record<string, string>) => {
    const common = {
      INTERVALS_PROXY_DAY_MAX: '6000',
      INTERVALS_PROXY_LOG_LEVEL: 'error',
      // How busy this machine is, is not what is tested.
      INTERVALS_PROXY_MAX_EVENT_LOOP_DELAY: '0s',
    }
    const proxy = await startProxy({ upstream: sim.url, dataDir, env: { ...common, ...env } })
    running.push(proxy)
    const port = Number(new URL(proxy.url).port)
    return { proxy, get: (path: string) => ask(port, path, { patienceMs: 60_000 }) }
  }
  const spentAt = async ({ get }: Awaited<ReturnType<typeof start>>) => {
    const { budgets } = JSON.parse((await get('/-/status')).text) as Spent
    return { minute: budgets.minute.used, day: budgets.day[0]?.used }
  }
  const onRedis = { INTERVALS_PROXY_REDIS_URL: redis.url, INTERVALS_PROXY_NEW_DISK: 'trust' }

  const alone = await start({})
  for (let i = 0; i < 7; i++) t.equal((await alone.get(`/client/?offset=${i}`)).status, 200)
  await t.rejects(start(onRedis), /in use/, 'two would each spend the whole limit')
  await alone.proxy.kill('SIGTERM')

  const first = await start(onRedis)
  // A replica knows the counts once it has heard from Redis, which is after its start.
  const spends = (replica: typeof first, day: number, minute: number) =>
    eventually(async () => {
      const spent = await spentAt(replica)
      return spent.day === day && spent.minute === minute
    }, `${day} calls of the day and ${minute} of the minute`)
  await spends(first, 7, 7)
  t.equal((await first.get('/client/?offset=8')).status, 200)
  const second = await start(onRedis)
  await spends(second, 8, 8)
  await first.proxy.kill('SIGKILL')
  const again = await start(onRedis)
  await spends(again, 8, 8)
})
