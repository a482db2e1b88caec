/** What the core hands to the dashboard. */

import type { AdmissionQueue, Clock, Ledger } from '../limits/index.js'
import type { Events } from '../observability/events.js'
import type { RequestRecorder } from '../observability/request-recorder.js'
import type { Status } from '../report/status.js'
import type { OpenFile } from '../server/app-deps.js'

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
