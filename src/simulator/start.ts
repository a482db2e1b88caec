/** Starts a simulator: wires its parts together, listens, and closes without leaving anything behind. */
import { createServer as createHttp } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer as createHttps } from 'node:https'
import { renderError } from './api/answer.js'
import { answerRequest } from './api/respond.js'
import { ApiError } from './api-error.js'
import { defaultAccounts } from './accounts.js'
import { controlPrefix, createControl } from './control/control.js'
import { handleRequest, type RequestContext } from './http/handle-request.js'
import { createFaultPlan } from './control/faults.js'
import { createLimiter } from './rate-limits/limiter.js'
import { createHolds } from './control/holds.js'
import { createVariantFaults } from './dialects/variant-faults.js'
import { createJournal } from './control/journal.js'
import { settingsFrom, type SimulatorOptions, type SimulatorSettings } from './options.js'
import { quotaCell } from './api/quota.js'
import { createRandom } from './random.js'
import type { Change, Simulator } from './simulator.js'
import { isResourceName } from './rows/resource-names.js'
import { createTenants } from './api/tenants.js'
import { createArrivalWatch } from './control/arrival-watch.js'

/** Throws TypeError for options out of bounds, and what listening throws. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const settings = settingsFrom(options, defaultAccounts)
  const tenants = createTenants(settings)
  const limiter = createLimiter(settings)
  const journal = createJournal(settings.journalMax)
  const faults = createFaultPlan(createRandom(settings.seed + 1))
  const holds = createHolds()
  const watch = createArrivalWatch(() => journal.total)
  const dayUsed = (account: string): number =>
    limiter.dayUsed(tenants.named(account).account.name, settings.wallNow())
  const changes: Change[] = []
  const context: RequestContext = {
    settings,
    tenants,
    limiter,
    journal,
    faults,
    holds,
    latency: createRandom(settings.seed + 2),
    onArrival: () => watch.notice(),
    variantFaults: createVariantFaults(settings),
    changes,
    onChange: (resource) => changes.push({ wallMs: settings.wallNow(), by: 'api', resource }),
    quotaOf: (call, account) =>
      quotaCell(call, { used: dayUsed(account), dayMax: tenants.named(account).dayMax }, settings),
  }

  const server = createListener(settings, (request, response) => {
    const answered = request.url?.startsWith(controlPrefix)
      ? control(request, response)
      : handleRequest(request, response, context)
    answered.catch((error: unknown) => {
      fail(request, response, { error, settings })
    })
  })
  await listen(server, settings)
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('Expected a TCP port')
  const { port } = address
  const scheme = settings.tls === undefined ? 'http' : 'https'

  const simulator: Simulator = {
    url: `${scheme}://${settings.host.includes(':') ? `[${settings.host}]` : settings.host}:${port}/`,
    port,
    settings,
    arrivals: journal.arrivals,
    clearArrivals: () => journal.clear(),
    changes,
    truth: (target, headers, state) =>
      answerRequest({ method: 'GET', target, headers, body: Buffer.alloc(0) }, context, {
        ...(state !== undefined && { state }),
      }).body.toString(),
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
      changes.push({ wallMs: settings.wallNow(), by: 'web', resource })
    },
    close: () => closing ?? (closing = closeAll()),
  }
  let closing: Promise<void> | undefined
  const control = createControl({ simulator, journal, tenants })

  function closeAll(): Promise<void> {
    holds.close()
    watch.close()
    return new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  }
  return simulator
}

/** Longer than any client keeps an idle connection, so that no request meets a closing one. */
const keepAliveMs = 120_000

function createListener(
  { tls }: SimulatorSettings,
  onRequest: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  const options = { keepAliveTimeout: keepAliveMs, maxHeaderSize: 65_536 }
  return tls === undefined
    ? createHttp(options, onRequest)
    : createHttps({ ...options, ...tls }, onRequest)
}

/**
 * The client has disconnected or the simulator is closing. Any other error is a bug of the simulator,
 * and the answer shows it to the test.
 */
function fail(
  { headers }: IncomingMessage,
  response: ServerResponse,
  { error, settings }: { readonly error: unknown; readonly settings: SimulatorSettings },
): void {
  if (response.destroyed || response.headersSent) {
    response.destroy()
    return
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
  const answer = renderError(new ApiError(1, detail), { headers }, { settings, personid: null })
  response.writeHead(answer.status, answer.headers).end(answer.body)
}

function listen(server: Server, { port, host }: SimulatorSettings): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
