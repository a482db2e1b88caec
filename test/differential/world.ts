/** The simulator in a few dialects, and the real proxy in front of it, which can be restarted. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { openDisk } from '../../src/cache/index.js'
import { startSimulator, type DialectName, type Simulator } from '../../src/simulator/index.js'
import type { SimulatedAccount, SimulatorOptions } from '../../src/simulator/index.js'
import { consumer, keyOf } from '../server/authentication/setup.js'
import { buildTestProxy, testClock, type TestProxy, type WrittenSettings } from '../server/build.js'
import { basic } from '../server/client.js'
import type { World } from './schedule.js'

export const accountName = 'one'
const roles = ['A', 'A', 'R', 'M'] as const
const tokens = ['clientadm01', 'clientadm02', 'clientres01', 'clientmgr01'] as const
/** Behind the keys of the gateway: two of them share a token. */
const tokensOfKeys = ['clientadm01', 'clientadm01', 'clientres01', 'clientmgr01'] as const
const sharedResources = ['taskstatus', 'group', 'projectlabel', 'worktype', 'module'] as const

const account: SimulatedAccount = {
  name: accountName,
  size: 'studio',
  people: tokens.map((token, at) => {
    const role = roles[at] ?? 'R'
    return { firstname: `First${at}`, lastname: `Last${at}`, role, tokens: [token] }
  }),
}

export interface RunningWorld {
  readonly simulator: Simulator
  readonly clock: ReturnType<typeof testClock>
  readonly proxy: TestProxy
  restart(): Promise<void>
  close(): Promise<void>
}

/** What a client sends as the user name of Basic. */
export function credentialOf({ gateway }: World, client: number): string {
  return gateway ? keyOf(`client${client}`) : (tokens[client] ?? '')
}

/** The authorizations that Intervals may have answered: one, or all of the account. */
export function authorizationsOf(
  { gateway, share }: World,
  { client, target }: { readonly client: number; readonly target: string },
): readonly string[] {
  const used = gateway ? tokensOfKeys : tokens
  const resource = target.split('/')[1] ?? ''
  const isShared = share && (sharedResources as readonly string[]).includes(resource)
  return [...new Set(isShared ? used : [used[client] ?? ''])].map((token) => basic(token))
}

export async function startWorld(world: World): Promise<RunningWorld> {
  const cleanups: (() => unknown)[] = []
  const clock = testClock()
  // Eight in the morning: no schedule reaches midnight, where answers change without a write.
  clock.advance(DAY_MS - (clock.wallMs() % DAY_MS) + 8 * HOUR_MS)
  const simulator = await startSimulator({
    accounts: [account],
    minuteMax: 1_000_000,
    dayMax: 1_000_000,
    monotonicNow: clock.monotonicMs,
    wallNow: clock.wallMs,
    keepStates: 10_000,
    changesHeader: true,
    headRequests: 'answered',
    extraWrites: ['module', 'worktype', 'projectlabel', 'document', 'tasklistfilter'],
    ...optionsOf(world),
  })
  const diskPath = world.disk ? mkdtempSync(join(tmpdir(), 'differential-')) : undefined

  const start = (): Promise<TestProxy> => {
    const disk =
      diskPath === undefined
        ? undefined
        : openDisk({
            path: join(diskPath, 'cache.mdb'),
            origin: simulator.url,
            maxBytes: 10_000_000,
            maxEntryBytes: 1_000_000,
            onError: (error) => {
              throw error
            },
          })
    const teardown = (cleanup: () => unknown): void => void cleanups.unshift(cleanup)
    return buildTestProxy({ teardown } as unknown as Test, {
      upstreamUrl: simulator.url,
      settings: settingsOf(world),
      deps: { clock, ...(disk !== undefined && { disk }) },
    })
  }

  let proxy = await start()
  return {
    simulator,
    clock,
    get proxy() {
      return proxy
    },
    async restart() {
      await untilWritten(world)
      await proxy.app.close()
      proxy = await start()
    },
    async close() {
      await untilWritten(world)
      for (const cleanup of cleanups) await cleanup()
      await simulator.close()
      if (diskPath !== undefined) rmSync(diskPath, { recursive: true, force: true })
    },
  }
}

/** LMDB 3.5 may crash if it is closed while its thread still reports the last commit. */
async function untilWritten({ disk }: World): Promise<void> {
  if (disk) await new Promise((resolve) => setTimeout(resolve, 40))
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Times are short: they pass in real time. */
function optionsOf({ seed, dialects }: World): SimulatorOptions {
  const has = (name: DialectName): boolean => dialects.includes(name)
  return {
    dialects,
    ...(has('lagging-lists') && { listLagMs: 40 }),
    ...(has('lagging-writes') && { writeLagMs: 40 }),
    ...(has('early-headers') && { earlyHeadersMs: 15 }),
    ...(has('late-writes') && { lateWriteMs: 700 }),
    // The data stay the same; late writes do not.
    ...(has('late-writes') && { lateWriteShare: 0.05 + (seed % 5) / 50 }),
  }
}

function settingsOf({ gateway, share, dialects }: World): WrittenSettings {
  const hangs = dialects.some((name) => name === 'late-writes' || name === 'id-lists-unanswered')
  const shared = sharedResources.map((name) => [name, { share: 'account' }] as const)
  const consumers = tokensOfKeys.map((_, at) =>
    consumer(`client${at}`, { credential: `env:TOKEN${at}`, write: 'all' }),
  )
  return {
    upstream: { timeout: hangs ? '600ms' : '5s' },
    ...(share && { cache: { resources: Object.fromEntries(shared) } }),
    ...(gateway && {
      consumers: Object.assign({}, ...consumers) as object,
      secrets: Object.fromEntries(tokensOfKeys.map((token, at) => [`TOKEN${at}`, token])),
    }),
  }
}
