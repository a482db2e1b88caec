/** The dashboard, installed by one call: what it collects, its pages, and the streams that show it live. */

import type { FastifyInstance } from 'fastify'
import type { CorePorts } from '../server/ports/features.js'
import { createDashboardFeed } from './dashboard-feed.js'
import { createMemoryHistory } from './history/history-journal.js'
import { openLmdbHistory } from './history/lmdb-history.js'
import { dashboardPages } from './pages.js'
import { createRecorder } from './recorder.js'
import { createWatchers } from './watchers.js'

/** Before the hook that waits for open responses, because streams stay open until they are ended. */
export async function installDashboard(app: FastifyInstance, core: CorePorts): Promise<void> {
  const journal =
    core.openFile?.('history.mdb', 'history of the dashboard', openLmdbHistory) ??
    createMemoryHistory()
  const recorder = createRecorder({ ...core, journal, log: app.log })
  const watchers = createWatchers(createDashboardFeed(recorder, core))
  app.addHook('preClose', async () => watchers.close())
  app.addHook('onClose', () => recorder.close())
  const adminToken = (): string | undefined => core.config().server.adminToken
  await app.register(dashboardPages, { adminToken, watchers, clock: core.clock })
}
