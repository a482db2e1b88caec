/** Starts a simulator: wires its parts together, listens, and closes without leaving anything behind. */
import { defaultAccounts } from './accounts.js'
import { quotaCell } from './api/quota.js'
import { answerRequest } from './api/respond.js'
import { createTenants, type Tenants } from './api/tenants.js'
import { controlPrefix, createControl } from './control/control.js'
import { createCountWatch } from './control/count-watch.js'
import { createFaultPlan } from './control/faults.js'
import { createHolds } from './control/holds.js'
import { createJournal } from './control/journal.js'
import { createVariantFaults } from './dialects/variant-faults.js'
import { handleRequest, type RequestContext } from './http/handle-request.js'
import { startListener } from './http/listener.js'
import { settingsFrom, type SimulatorOptions, type SimulatorSettings } from './options.js'
import { createRandom } from './random.js'
import { createLimiter } from './rate-limits/limiter.js'
import { isResourceName } from './rows/resource-names.js'
import type { Change, Simulator } from './simulator.js'

/** Throws TypeError for options out of bounds, and what listening throws. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const settings = settingsFrom(options, defaultAccounts)
  const tenants = createTenants(settings)
  const changes: Change[] = []
  const note = (by: Change['by'], resource: string): void => {
    changes.push({ wallMs: settings.wallNow(), by, resource })
  }
  const { context, watch, dayUsed } = requestContext(settings, { tenants, changes, note })
  const { journal, faults, holds } = context
  const listener = await startListener(settings, (request, response) =>
    request.url?.startsWith(controlPrefix)
      ? control(request, response)
      : handleRequest(request, response, context),
  )
  let closing: Promise<void> | undefined
  const simulator: Simulator = {
    url: listener.url,
    port: listener.port,
    settings,
    arrivals: journal.arrivals,
    clearArrivals: () => journal.clear(),
    changes,
    truth(target, headers, state) {
      const request = { method: 'GET', target, headers, body: Buffer.alloc(0) }
      return answerRequest(request, context, state === undefined ? {} : { state }).body.toString()
    },
    states: (account) => tenants.named(account).history.states,
    untilArrival: (sequence) => watch.until(sequence),
    maxInAnyWindow: (windowMs = settings.minuteWindowMs) => journal.maxInAnyWindow(windowMs),
    dayUsed,
    setFaults: (next) => faults.set(next),
    hold: (match = () => true, stage = 'answer') => holds.add(match, stage),
    edit(account, resource, id, fields) {
      if (!isResourceName(resource)) throw new TypeError(`Expected a resource, got ${resource}`)
      const { history } = tenants.named(account)
      history.change(settings.monotonicNow(), (store) => store.update(resource, { id }, fields))
      note('web', resource)
    },
    close() {
      holds.close()
      watch.close()
      return (closing ??= listener.close())
    },
  }
  const control = createControl({ simulator, journal, tenants })
  return simulator
}

interface ChangeLog {
  readonly tenants: Tenants
  readonly changes: readonly Change[]
  readonly note: (by: Change['by'], resource: string) => void
}

function requestContext(settings: SimulatorSettings, { tenants, changes, note }: ChangeLog) {
  const { seed } = settings
  const limiter = createLimiter(settings)
  const journal = createJournal(settings.journalMax)
  const watch = createCountWatch(() => journal.total)
  const dayUsed = (account: string): number =>
    limiter.dayUsed(tenants.named(account).account.name, settings.wallNow())
  const context: RequestContext = {
    settings,
    tenants,
    limiter,
    journal,
    faults: createFaultPlan(createRandom(seed + 1)),
    holds: createHolds(),
    latency: createRandom(seed + 2),
    onArrival: () => watch.notice(),
    variantFaults: createVariantFaults(settings),
    changes,
    onChange: (resource) => note('api', resource),
    quotaOf: (call, account) =>
      quotaCell(call, { used: dayUsed(account), dayMax: tenants.named(account).dayMax }, settings),
  }
  return { context, watch, dayUsed }
}
