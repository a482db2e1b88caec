/** One request from arrival to answer: count, fault, hold, carry out, hold, wait, send. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { noAnswer, renderError, type Answer } from '../api/answer.js'
import { answerRequest, type AnswerContext } from '../api/respond.js'
import { parseTarget } from '../api/target.js'
import { apiErrors, ApiError, isApiCode } from '../api-error.js'
import type { Fault, FaultPlan } from '../control/faults.js'
import type { Holds } from '../control/holds.js'
import type { OpenArrival } from '../control/journal.js'
import type { VariantFaults } from '../dialects/variant-faults.js'
import type { Random } from '../random.js'
import type { Change } from '../simulator.js'
import { countArrival, type ArrivalContext } from './count-arrival.js'
import { readRequestBody } from './request-body.js'
import { sendAnswer } from './send-answer.js'
import { withTransport } from './transport.js'

export interface RequestContext extends AnswerContext, ArrivalContext {
  readonly faults: FaultPlan
  readonly holds: Holds
  readonly latency: Random
  readonly onArrival: () => void
  readonly variantFaults: VariantFaults
  readonly changes: readonly Change[]
}

export async function handleRequest(
  request: IncomingMessage,
  response: ServerResponse,
  context: RequestContext,
): Promise<void> {
  // Counting comes before every wait, so arrivals are in the order of their header sections.
  const { arrival, refusal } = countArrival(request, context)
  const { path } = parseTarget(arrival.target)
  const fault =
    refusal === undefined
      ? (context.faults.next(arrival.method, path) ?? context.variantFaults(arrival))
      : undefined
  const { settings } = context
  const held = context.holds.of(arrival)
  const latencyMs = latencyOf(context)
  context.onArrival()

  const gone = new AbortController()
  response.once('close', () => {
    gone.abort()
    arrival.status ??= 0
  })
  const { signal } = gone

  const body = await readRequestBody(request, settings.maxBodyBytes)
  if (body === undefined) {
    arrival.status = 413
    response.writeHead(413, { 'content-length': 0 }).end()
    return
  }
  arrival.bodyBytes = body.length
  await held.pass('execution', signal)
  const executedMs = settings.monotonicNow()
  const answer = decide({ request, body, refusal, fault }, context)
  const changes = context.changes.length
  await held.pass('answer', signal)
  if (latencyMs > 0) await settings.wait(latencyMs, signal)
  if (response.destroyed) return
  if (answer.apiCode !== undefined) arrival.apiCode = answer.apiCode
  const finished = withTransport(answer, request, settings)
  if (settings.changesHeader) response.setHeader('simulator-changes', changes)
  // The day ends by the injected clock, so `Date` has to show that clock.
  response.setHeader('date', new Date(settings.wallNow()).toUTCString())
  const bodyAtMs = isEarly(arrival, answer) ? executedMs + settings.earlyHeadersMs : undefined
  arrival.status = await sendAnswer(response, {
    answer: finished,
    fault,
    signal,
    bodyAtMs,
    clock: settings,
  })
}

/** The headers of a successful write may be sent before its change. */
function isEarly({ method }: OpenArrival, { status, apiCode }: Answer): boolean {
  return (
    method !== 'GET' && method !== 'HEAD' && apiCode === undefined && status >= 200 && status <= 299
  )
}

function latencyOf({ settings, latency }: RequestContext): number {
  const [min, max] = settings.latencyMs
  return min === max ? min : min + latency.fraction() * (max - min)
}

interface Decision {
  readonly request: IncomingMessage
  readonly body: Buffer
  readonly refusal: 11 | 12 | undefined
  readonly fault: Fault | undefined
}

/** Carries the request out unless a limit or a fault prevents it. */
function decide({ request, body, refusal, fault }: Decision, context: RequestContext): Answer {
  const { settings } = context
  const { headers } = request
  if (refusal !== undefined) {
    return renderError(new ApiError(refusal), { headers }, { settings, personid: null })
  }
  if (fault?.kind === 'reset' || fault?.kind === 'hang' || fault?.kind === 'garbage') {
    return noAnswer
  }
  if (fault?.kind === 'status') return statusFault(fault, request, context)
  const { method = 'GET', url: target = '/' } = request
  return answerRequest({ method, target, headers, body }, context, {
    changeDelayMs: settings.writeLagMs + settings.earlyHeadersMs,
    ...(fault?.kind === 'change-late' && { deferMs: fault.delayMs }),
  })
}

function statusFault(
  fault: Extract<Fault, { kind: 'status' }>,
  { headers }: IncomingMessage,
  { settings }: RequestContext,
): Answer {
  const extra = fault.headers ?? {}
  if (fault.apiCode !== undefined && fault.body === undefined && isApiCode(fault.apiCode)) {
    const error = new ApiError(fault.apiCode)
    Object.assign(error, { message: apiErrors[fault.apiCode].message, status: fault.status })
    const answer = renderError(error, { headers }, { settings, personid: null })
    return { ...answer, headers: { ...answer.headers, ...extra } }
  }
  const body = Buffer.from(fault.body ?? '<html><body>The server is busy.</body></html>')
  return { status: fault.status, headers: { 'content-type': 'text/html', ...extra }, body }
}
