/** Several proxies in this process, one simulator, one Redis. */

import type { Test } from 'tap'
import type { AddressInfo } from 'node:net'
import { createMemoryJournal } from '../../src/limits/index.js'
import { FEATURES } from '../../src/features.js'
import { buildApp } from '../../src/server/app.js'
import { openSharedState } from '../../src/redis/replicas/shared-state.js'
import { startSimulator, type SimulatorOptions } from '../../src/simulator/index.js'
import { adminPages } from '../server/admin-pages.js'
import { requestsAt, testClock, testConfig, type WrittenSettings } from '../server/build.js'
import { ask, type Ask } from '../server/client.js'
import { loggerWithLines } from '../server/log-lines.js'
import { startRedis } from './redis-process.js'

export interface ReplicasOptions {
  readonly count?: number
  readonly settings?: WrittenSettings
  readonly simulator?: SimulatorOptions
}

/** `newDisk: trust`: no quarantine at the start, which is another test's subject. */
const TRUSTED = { newDisk: 'trust' } as const

/** Looks again until it holds; fails after a while. */
async function until(condition: () => Promise<boolean>, what: string): Promise<void> {
  const giveUpAt = performance.now() + 30_000
  while (!(await condition())) {
    if (performance.now() > giveUpAt) throw new Error(`waited in vain for: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** With a server of their own. */
export async function startReplicas(t: Test, options: ReplicasOptions = {}) {
  const redis = await startRedis(t)
  return { redis, ...(await startReplicasAt(t, redis.url, options)) }
}

export async function startReplicasAt(t: Test, url: string, options: ReplicasOptions = {}) {
  const { count = 2, settings = {} } = options
  const sim = await startSimulator({ minuteMax: 100_000, dayMax: 100_000, ...options.simulator })
  t.teardown(() => sim.close())
  const { logger, lines } = loggerWithLines()
  const start = async () => {
    const clock = testClock()
    const store = { redis: url, ...TRUSTED, ...settings.store }
    const config = testConfig({ ...settings, store }, sim.url)
    const shared = await openSharedState(config, { clock, log: logger, url })
    const app = await buildApp(config, {
      clock,
      journal: createMemoryJournal(),
      shared,
      secret: shared.secret,
      newDisk: 'idle',
      isUnderPressure: () => false,
      installs: FEATURES.installs,
      features: FEATURES.pipeline,
      version: '0.0.0-test',
      logger,
    })
    t.teardown(() => app.close())
    await app.listen({ host: '127.0.0.1', port: 0 })
    const { port } = app.server.address() as AddressInfo
    return {
      ...adminPages(app),
      untilRequests: requestsAt(app),
      app,
      clock,
      port,
      ask: (path: string, request: Ask = {}) => ask(port, path, request),
    }
  }
  const replicas: Awaited<ReturnType<typeof start>>[] = []
  for (let i = 0; i < count; i++) replicas.push(await start())
  /** The i-th request, by turns at all of them. */
  const askInTurn = (i: number, path: string, request: Ask = {}) => {
    const replica = replicas[i % replicas.length]
    if (replica === undefined) throw new Error('there are no replicas')
    return replica.ask(path, request)
  }
  return { sim, replicas, askInTurn, lines, start, until }
}
