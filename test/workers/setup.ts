// A primary and its workers in one process, on real sockets and on one file, as they are in life but for
// the processes. What goes by messages is done by hand.

import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { createPrincipals } from '../../src/cache/index.js'
import { createMemoryJournal } from '../../src/limits/index.js'
import { FEATURES } from '../../src/features.js'
import { buildApp } from '../../src/server/app.js'
import { requestIds } from '../../src/server/edge/request-ids.js'
import { addCounts, createTally } from '../../src/workers/metric-deltas.js'
import { takePeersFromWorkers } from '../../src/workers/relayed-peer.js'
import { bytesOf } from '../../src/workers/worker-shares.js'
import { buildWorkerApp } from '../../src/workers/worker-app.js'
import { createWorkerServices } from '../../src/workers/worker-services.js'
import { startSimulator, type SimulatorOptions } from '../../src/simulator/index.js'
import { open } from '../cache/disk-setup.js'
import { watchingSlowPath } from '../fast-path/slow-path.js'
import { adminPages } from '../server/admin-pages.js'
import { loadSettings, testClock, testConfig, type WrittenSettings } from '../server/build.js'
import { ask, type Answer, type Ask } from '../server/client.js'
import { insideOf } from '../server/inside.js'
import { loggerWithLines } from '../server/log-lines.js'

export interface Team {
  readonly settings?: WrittenSettings
  readonly simulator?: SimulatorOptions
  /** In the place of the simulator. */
  readonly upstreamUrl?: string
}

const SECRET = Buffer.alloc(32, 7)

export async function buildTeam(t: Test, { settings = {}, simulator, upstreamUrl }: Team = {}) {
  const clock = testClock()
  const sim = await startSimulator({
    minuteMax: 100_000,
    dayMax: 100_000,
    wallNow: () => clock.wallMs(),
    ...simulator,
  })
  const directory = mkdtempSync(join(tmpdir(), 'intervals-proxy-team-'))
  const file = join(directory, 'cache.mdb')
  const disk = open(t, file, {
    maxBytes: 10_000_000,
    readers: { lost: async () => void t.fail('workers could not be told') },
  })
  const url = upstreamUrl ?? sim.url
  const config = testConfig(settings, url)
  const { logger, lines } = loggerWithLines()
  const app = await buildApp(config, {
    clock,
    journal: createMemoryJournal(),
    secret: () => SECRET,
    newDisk: 'idle',
    isUnderPressure: () => false,
    installs: FEATURES.installs,
    features: FEATURES.pipeline,
    version: '0.0.0-test',
    logger,
    disk,
    workers: {
      shareOf: (bytes) => bytesOf(bytes, 2),
      usage: () => ({ entries: 0, bytes: 0 }),
      serveWorkers: takePeersFromWorkers,
    },
  })
  const socketPath = join(directory, 'socket')
  await app.listen({ path: socketPath })
  await disk.changeFeed?.edition('first')
  const { reloadFrom } = insideOf(app)
  const { ledger, metrics, requests } = app.primary
  const workers = [await startWorker(), await startWorker()] as const
  t.teardown(async () => {
    await Promise.all(workers.map((worker) => worker.app.close()))
    await app.close()
    await sim.close()
    rmSync(directory, { recursive: true, force: true })
  })

  async function startWorker() {
    const orders = {
      config,
      edition: 'first',
      socketPath,
      file,
      secret: SECRET,
      port: 0,
      maxConnections: 100,
      maxBytes: 1_000_000,
      usage: { window: ledger.remaining('').window, days: {} },
      isRelayingAll: false,
      version: '0.0.0-test',
    }
    const services = createWorkerServices(orders, { clock, log: logger })
    const ids = requestIds()
    const [{ app: worker }, slowPath] = watchingSlowPath(() =>
      buildWorkerApp(orders, services, {
        logger,
        requestId: (raw) => `w-${ids(raw)}`,
        isClosing: () => false,
        ...FEATURES.pipeline,
      }),
    )
    await worker.listen({ host: '127.0.0.1', port: 0 })
    const { port } = worker.server.address() as AddressInfo
    const tally = createTally(services.metrics)
    return {
      app: worker,
      port,
      slowPath,
      /** Takes over these settings, which are known in the shared file under this edition. */
      reload: (next: WrittenSettings, edition: string) =>
        services.configure(testConfig(next, url), edition),
      ask: (path: string, request: Ask = {}): Promise<Answer> => ask(port, path, request),
      /** What a worker does each second: tells what it has answered. */
      count: async () => {
        await new Promise(setImmediate)
        addCounts(metrics, await tally())
        requests.merge(services.requests.take())
      },
    }
  }

  return {
    app,
    ...adminPages(app),
    reload(next: WrittenSettings): void {
      const outcome = reloadFrom(() => loadSettings(next, url))
      if (outcome !== 'reloaded') throw new Error(`the configuration was ${outcome}`)
    },
    sim,
    clock,
    disk,
    lines,
    a: workers[0],
    b: workers[1],
    /** Targets of the requests that arrived at the simulator, without those of `/quota/`. */
    targets: (): string[] =>
      sim.arrivals
        .filter(({ target }) => !target.startsWith('/quota'))
        .map(({ method, target }) => `${method} ${target}`),
    /** What a credential is called in the shared file. */
    principalOf: (authorization: string): string =>
      createPrincipals({ secret: () => SECRET }).of(authorization).id,
    /** Log lines of requests: whose they are, and the outcome. */
    outcomes: (): string[] =>
      lines
        .filter(({ msg }) => msg === 'request')
        .map(
          ({ reqId, outcome }) =>
            `${String(reqId).startsWith('w-') ? 'worker' : 'primary'} ${String(outcome)}`,
        ),
  }
}
