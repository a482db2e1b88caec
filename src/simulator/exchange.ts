/** One request from its arrival to its answer: count, fault, hold, carry out, hold, wait, deliver. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { answerRequest, errorAnswer, type Answer, type AnswerContext } from './answer.js'
import { apiErrors, ApiError, isApiCode } from './api-error.js'
import { deliver } from './deliver.js'
import type { Fault, FaultPlan } from './faults.js'
import type { Gate } from './gate.js'
import type { Holds } from './holds.js'
import type { Journal, OpenArrival } from './journal.js'
import type { Random } from './random.js'
import type { Change } from './simulator.js'
import { readRequestBody } from './request-body.js'
import { parseTarget } from './target.js'
import { tokenOf } from './tenants.js'

export interface ExchangeContext extends AnswerContext {
  readonly gate: Gate
  readonly journal: Journal
  readonly faults: FaultPlan
  readonly holds: Holds
  readonly latency: Random
  readonly onArrival: () => void
  readonly changes: Change[]
}

export async function exchange(
  request: IncomingMessage,
  response: ServerResponse,
  context: ExchangeContext,
): Promise<void> {
  // Counting comes before every wait: the order of arrivals is that of the header sections.
  const { arrival, refusal } = countArrival(request, context)
  const { path } = parseTarget(arrival.target)
  const fault = refusal === undefined ? context.faults.next(arrival.method, path) : undefined
  const held = context.holds.of(arrival)
  const latencyMs = latencyOf(context)
  context.onArrival()

  const gone = new AbortController()
  response.once('close', () => {
    gone.abort()
    arrival.status ??= 0
  })
  const { signal } = gone

  const body = await readRequestBody(request, context.settings.maxBodyBytes)
  if (body === undefined) {
    arrival.status = 413
    response.writeHead(413, { 'content-length': 0 }).end()
    return
  }
  arrival.bodyBytes = body.length
  await held.pass('execution', signal)
  const answer = decide({ request, body, refusal, fault }, context)
  noteChange(arrival, answer, context)
  const changes = context.changes.length
  await held.pass('answer', signal)
  if (latencyMs > 0) await wait(latencyMs, undefined, { signal })
  if (response.destroyed) return
  if (answer.apiCode !== undefined) arrival.apiCode = answer.apiCode
  const finished = withTransport(answer, request, context)
  if (context.settings.changesHeader) response.setHeader('simulator-changes', changes)
  // The day ends by this clock, so this clock is what the answer has to state.
  response.setHeader('date', new Date(context.settings.wallNow()).toUTCString())
  arrival.status = await deliver(response, { answer: finished, fault, signal })
}

function countArrival(
  request: IncomingMessage,
  { settings, tenants, gate, journal }: ExchangeContext,
): { arrival: OpenArrival; refusal: 11 | 12 | undefined } {
  const atMs = settings.monotonicNow()
  const wallMs = settings.wallNow()
  const target = request.url ?? '/'
  const token = tokenOf(request.headers.authorization)
  const tenant = tenants.ofToken(token)
  const verdict = gate.arrive({
    nowMs: atMs,
    wallMs,
    isQuota: parseTarget(target).segments[0] === 'quota',
    account: tenant?.account.name,
    dayMax: tenant?.dayMax ?? 0,
  })
  const arrival = journal.record({
    atMs,
    wallMs,
    method: request.method ?? 'GET',
    target,
    headers: request.headers,
    ...(tenant === undefined ? {} : { account: tenant.account.name }),
    ...(token === undefined ? {} : { token }),
    chargedToMinute: verdict.chargedToMinute,
    chargedToDay: verdict.chargedToDay,
  })
  return { arrival, refusal: verdict.refusal }
}

function noteChange({ method, target }: OpenArrival, { status }: Answer, context: ExchangeContext) {
  if (method === 'GET' || status < 200 || status > 299) return
  const resource = parseTarget(target).segments[0] ?? ''
  context.changes.push({ wallMs: context.settings.wallNow(), by: 'api', resource })
}

function latencyOf({ settings, latency }: ExchangeContext): number {
  const [min, max] = settings.latencyMs
  return min === max ? min : min + latency.fraction() * (max - min)
}

interface Decision {
  readonly request: IncomingMessage
  readonly body: Buffer
  readonly refusal: 11 | 12 | undefined
  readonly fault: Fault | undefined
}

/** Carries the request out unless a limit or a fault is in the way. */
function decide({ request, body, refusal, fault }: Decision, context: ExchangeContext): Answer {
  const { settings } = context
  const { headers } = request
  if (refusal !== undefined) {
    return errorAnswer(new ApiError(refusal), { headers }, { settings, personid: null })
  }
  if (fault?.kind === 'reset' || fault?.kind === 'hang' || fault?.kind === 'garbage') {
    return { status: 0, headers: {}, body: Buffer.alloc(0) }
  }
  if (fault?.kind === 'status') return statusFault(fault, request, context)
  const { method = 'GET', url: target = '/' } = request
  return answerRequest({ method, target, headers, body }, context)
}

function statusFault(
  fault: Extract<Fault, { kind: 'status' }>,
  { headers }: IncomingMessage,
  { settings }: ExchangeContext,
): Answer {
  const extra = fault.headers ?? {}
  if (fault.apiCode !== undefined && fault.body === undefined && isApiCode(fault.apiCode)) {
    const error = new ApiError(fault.apiCode)
    Object.assign(error, { message: apiErrors[fault.apiCode].message, status: fault.status })
    const answer = errorAnswer(error, { headers }, { settings, personid: null })
    return { ...answer, headers: { ...answer.headers, ...extra } }
  }
  const body = Buffer.from(fault.body ?? '<html><body>The server is busy.</body></html>')
  return { status: fault.status, headers: { 'content-type': 'text/html', ...extra }, body }
}

/** Header fields and coding that have nothing to do with the content. */
function withTransport(
  answer: Answer,
  request: IncomingMessage,
  { settings }: ExchangeContext,
): Answer {
  const { cacheControl, extraHeaders, gzip } = settings
  const headers: Record<string, string> = {
    ...(cacheControl === undefined ? {} : { 'cache-control': cacheControl }),
    ...extraHeaders,
    ...answer.headers,
  }
  const accepted = request.headers['accept-encoding'] ?? ''
  if (!gzip) return { ...answer, headers }
  headers['vary'] = 'Accept-Encoding'
  if (!/\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(accepted)) return { ...answer, headers }
  headers['content-encoding'] = 'gzip'
  return { ...answer, headers, body: gzipSync(answer.body) }
}
