/** The proxy in front of the simulator, both on real sockets; every test starts and closes its own. */
import { RESOURCE_NAMES } from '../../src/cache/index.js'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { createMemoryJournal } from '../../src/limits/index.js'
import { startSimulator, type Simulator, type SimulatorOptions } from '../../src/simulator/index.js'
import { FEATURES } from '../../src/features.js'
import { buildApp } from '../../src/server/app.js'
import { loadConfig, type LoadResult } from '../../src/config/load.js'
import { formatProblem } from '../../src/config/config-problem.js'
import type { AppDeps } from '../../src/server/app-deps.js'
import { watchingSlowPath } from '../fast-path/slow-path.js'
import { adminPages } from './admin-pages.js'
import { insideOf } from './inside.js'
import { ask, until, type Answer, type Ask } from './client.js'
import { loggerWithLines } from './log-lines.js'

/** Settings as they stand in the file; what is not given is as below. */
export interface WrittenSettings {
  readonly server?: object
  readonly upstream?: object
  readonly limits?: { readonly minute?: object; readonly day?: object; readonly queue?: object }
  readonly cache?: object
  readonly accounts?: object
  readonly consumers?: object
  readonly notify?: object
  readonly store?: object
  /** What `env:NAME` in the settings finds. */
  readonly secrets?: Readonly<Record<string, string>>
}

export interface TestProxyOptions {
  readonly settings?: WrittenSettings
  readonly simulator?: SimulatorOptions
  /** In the place of the simulator. */
  readonly upstreamUrl?: string
  readonly deps?: Partial<AppDeps>
}

/** Stale answers are served at once, and refreshed behind. */
export const REFRESHED_BEHIND: TestProxyOptions = {
  settings: {
    cache: {
      resources: Object.fromEntries(
        RESOURCE_NAMES.map((name) => [name, { staleWhileRevalidate: '365d' }]),
      ),
    },
  },
}

/** Runs with the machine's clock, ahead by what it was advanced. */
export function testClock() {
  let aheadMs = 0
  return {
    bootId: null,
    monotonicMs: () => performance.now() + aheadMs,
    wallMs: () => Date.now() + aheadMs,
    advance(ms: number) {
      aheadMs += ms
    },
  }
}

/** Far away, so that only tests of the limits meet them; a day that is known asks no `/quota/`. */
const ROOMY = { minute: { max: 10_000 }, day: { max: 100_000 } } as const
const ROOMY_SIMULATOR = { minuteMax: 100_000, dayMax: 100_000 } as const

export function testConfig(settings: WrittenSettings, url: string) {
  const loaded = loadSettings(settings, url)
  if (!loaded.ok) throw new Error(loaded.problems.map(formatProblem).join('\n'))
  return loaded.config
}

export function loadSettings(settings: WrittenSettings, url: string): LoadResult {
  const { server, upstream, limits, cache, secrets = {}, ...others } = settings
  return loadConfig({
    env: secrets,
    cwd: '/nowhere',
    file: 'settings.yaml',
    readFile: () =>
      JSON.stringify({
        server: { port: 0, ...server },
        upstream: { url, timeout: '5s', ...upstream },
        limits: {
          minute: { ...ROOMY.minute, ...limits?.minute },
          day: { ...ROOMY.day, ...limits?.day },
          // Shorter than a pause after code 12, so that a test sees the refusal.
          queue: { maxWait: '30s', ...limits?.queue },
        },
        ...(cache !== undefined && { cache }),
        ...others,
      }),
  })
}

export async function buildTestProxy(t: Test, options: TestProxyOptions = {}) {
  const clock = testClock()
  const sim = await startSimulator({
    ...ROOMY_SIMULATOR,
    wallNow: () => clock.wallMs(),
    ...options.simulator,
  })
  t.teardown(() => sim.close())
  const { logger, lines } = loggerWithLines()
  const url = options.upstreamUrl ?? sim.url
  const config = testConfig(options.settings ?? {}, url)
  const [building, slowPath] = watchingSlowPath(() =>
    buildApp(config, {
      clock,
      journal: createMemoryJournal(),
      secret: () => Buffer.alloc(32, 7),
      newDisk: 'idle',
      // A busy machine is no reason to refuse what a test asks for.
      isUnderPressure: () => false,
      installs: FEATURES.installs,
      features: FEATURES.pipeline,
      version: '0.0.0-test',
      logger,
      ...options.deps,
    }),
  )
  const app = await building
  t.teardown(() => app.close())
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const { reloadFrom } = insideOf(app)
  return {
    app,
    sim,
    clock,
    port,
    slowPath,
    ...adminPages(app, config.server.adminToken),
    /** Reads the configuration again, as after SIGHUP. */
    reloadFrom,
    /** The same with these settings, which have to be accepted. */
    reload(settings: WrittenSettings): void {
      const outcome = reloadFrom(() => loadSettings(settings, url))
      if (outcome !== 'reloaded') throw new Error(`the configuration was ${outcome}`)
    },
    untilRequests: requestsAt(app),
    /** Lines of the log so far, as objects. */
    lines,
    /** Asks the proxy. */
    ask: (path: string, request: Ask = {}): Promise<Answer> => ask(port, path, request),
    /** Asks the simulator, past the proxy. */
    direct: (path: string, request: Ask = {}): Promise<Answer> => ask(sim.port, path, request),
    /** Request-targets that arrived at the simulator, without those of `/quota/`. */
    targets: (): string[] => arrived(sim).map(({ method, target }) => `${method} ${target}`),
  }
}

/** Resolves when so many requests have come to the proxy, and gone as far as they can. */
export function requestsAt(app: FastifyInstance): (count: number) => Promise<void> {
  let requests = 0
  app.server.on('request', () => requests++)
  return async (count) => {
    await until(() => requests >= count, `${count} requests`)
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
}

export type TestProxy = Awaited<ReturnType<typeof buildTestProxy>>

function arrived(sim: Simulator) {
  return sim.arrivals.filter(({ target }) => !target.startsWith('/quota'))
}

/** An upstream that answers whatever `handler` says, for what the simulator never sends. */
export async function startUpstream(t: Test, handler: RequestListener) {
  const server = createServer(handler)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => new Promise((resolve) => server.close(resolve).closeAllConnections()))
  const { port } = server.address() as AddressInfo
  return { port, url: `http://127.0.0.1:${port}/` }
}
