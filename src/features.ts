/**
 * The optional features, one line each. A feature whose line and folder are removed is gone, and
 * everything else compiles and runs; docs/decisions/0027-optional-features.md names the ports. The
 * commands `simulate` and `completion` have their lines in cli/registry.ts.
 */

import { installDashboard } from './dashboard/install.js'
import { installFastPath } from './fast-path/install.js'
import { installIdempotency } from './idempotency/install.js'
import { openKeyRecords } from './idempotency/open-key-records.js'
import { installListRevalidation } from './list-revalidation/index.js'
import { openTracing } from './observability/tracing/open-tracing.js'
import { installWebhook } from './observability/webhook/webhook.js'
import type { Features } from './server/ports/features.js'
import { createWorkers } from './workers/create-workers.js'

export const FEATURES: Features = {
  // prettier-ignore
  installs: [
    installWebhook,
    installDashboard,
  ],
  pipeline: { installIdempotency, installListRevalidation, installFastPath },
  openTracing,
  createWorkers,
  loadRedis: () => import('./redis/feature.js'),
  openKeyRecords,
}
