/** The dashboard, installed by one call: what it collects, its pages, and the streams that show it live. */

import type { FastifyInstance } from 'fastify'
import type { AdmissionQueue, Clock, Ledger } from '../limits/index.js'
import type { Events } from '../observability/events.js'
import type { RequestRecorder } from '../observability/request-recorder.js'
import type { Status } from '../report/status.js'
import type { OpenFile } from '../server/app-deps.js'
import { createDashboardFeed } from './dashboard-feed.js'
import { createMemoryHistory } from './history/history-journal.js'
import { openLmdbHistory } from './history/lmdb-history.js'
import { dashboardPages } from './pages.js'
import { createRecorder } from './recorder.js'
import { createWatchers } from './watchers.js'

/** What the dashboard needs of the core. */
export interface DashboardPorts {
  readonly requests: RequestRecorder
  readonly ledger: Pick<Ledger, 'usage'>
  readonly queue: Pick<AdmissionQueue, 'usage'>
  readonly events: Pick<Events, 'subscribe'>
  readonly clock: Clock
  readonly status: () => Status
  readonly accounts: () => readonly string[]
  readonly adminToken: () => string | undefined
  /** Several proxies share the budgets, and this one shows what it did itself. */
  readonly isReplica: boolean
  /** Opens a file of the data directory; without it the history lives as long as the process. */
  readonly openFile?: OpenFile | undefined
}

/** Before the hook that waits for open responses, because streams stay open until they are ended. */
export async function installDashboard(app: FastifyInstance, core: DashboardPorts): Promise<void> {
  const journal =
    core.openFile?.('history.mdb', 'history of the dashboard', openLmdbHistory) ??
    createMemoryHistory()
  const recorder = createRecorder({ ...core, journal, log: app.log })
  const watchers = createWatchers(createDashboardFeed(recorder, core))
  app.addHook('preClose', async () => watchers.close())
  app.addHook('onClose', () => recorder.close())
  await app.register(dashboardPages, { adminToken: core.adminToken, watchers })
}
