/** The stage of the demo: a simulated Intervals with a small limit, and the proxy before it. */

import { randomBytes } from 'node:crypto'
import { createMemoryJournal } from '../limits/index.js'
import { buildApp } from '../server/app.js'
import { systemClock } from '../server/clock.js'
import { loadConfig } from '../config/load.js'
import { formatProblem } from '../config/config-problem.js'
import type { AppDeps } from '../server/app-deps.js'
import { version } from '../server/version.js'
import { FEATURES } from '../features.js'
import { startSimulator } from '../simulator/index.js'
import type { Simulator } from '../simulator/index.js'

/** Small, so that a queue can be seen in seconds: Intervals itself has 100 in 60 s. */
export const LIMIT = { max: 20, windowMs: 3_000 } as const

export interface Stage {
  readonly simulator: Simulator
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly proxyUrl: string
  close(): Promise<void>
}

/** Both on free ports of this machine; nothing is written to the disk. `deps`: see AppDeps. */
export async function openStage(deps: Pick<AppDeps, 'isUnderPressure'> = {}): Promise<Stage> {
  const simulator = await startSimulator({
    minuteMax: LIMIT.max,
    minuteWindowMs: LIMIT.windowMs,
    // How Intervals counts is not documented, so it counts in every way at once.
    minuteKinds: ['sliding', 'fixed', 'bucket'],
    latencyMs: [30, 120],
  })
  const loaded = loadConfig({
    env: {
      INTERVALS_PROXY_PORT: '0',
      INTERVALS_PROXY_UPSTREAM: simulator.url,
      INTERVALS_PROXY_MINUTE_MAX: String(LIMIT.max),
      INTERVALS_PROXY_MINUTE_WINDOW: `${LIMIT.windowMs}ms`,
    },
    cwd: process.cwd(),
    readFile: (path) => {
      throw new Error(`the demo reads no file, asked for ${path}`)
    },
  })
  if (!loaded.ok) throw new Error(loaded.problems.map(formatProblem).join('\n'))
  const secret = randomBytes(32)
  const app = await buildApp(loaded.config, {
    clock: systemClock(),
    journal: createMemoryJournal(),
    secret: () => secret,
    newDisk: 'idle',
    version: version(),
    installs: FEATURES.installs,
    features: FEATURES.pipeline,
    ...deps,
  })
  const { host, port } = loaded.config.server
  const proxyUrl = await app.listen({ host, port })
  return {
    simulator,
    proxyUrl,
    async close() {
      await app.close()
      await simulator.close()
    },
  }
}
