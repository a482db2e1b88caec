/**
 * One call to Intervals, and the only way to one: waits for a permit, sends, settles, sends again where
 * the first attempt was certainly not carried out, records what the answer says about the credential, and
 * classifies failures. Cache fills, forwarded requests, writes with an idempotency key and the quota check
 * all use it.
 */

import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyBaseLogger } from 'fastify'
import { isWrite } from '../../cache/index.js'
import type { Outcome } from '../../cache/index.js'
import type { AdmissionQueue, Clock, Permit, RefusalReason } from '../../limits/index.js'
import type { Metrics } from '../../observability/metrics.js'
import { classifyFailure, DISPATCH_CONTEXT } from '../../upstream/index.js'
import type { UpstreamDispatcher } from '../../upstream/index.js'
import type { CredentialStates } from '../credentials/credential-state.js'
import type { Overload } from '../edge/overload.js'
import { PROBLEM_OF_REFUSAL, ProblemError } from '../errors/problems.js'
import { describeRefusal } from '../budgets/describe-refusal.js'
import type { RefusalPorts } from '../budgets/describe-refusal.js'
import { AbandonedError } from './abandoned.js'
import { withEnd } from './end-of-body.js'
import { receivedHeaders } from './headers.js'
import type { HeaderRecord } from './headers.js'
import { executedOf, mayRepeat, upstreamProblem } from '../errors/upstream-problem.js'
import type { Executed } from '../errors/upstream-problem.js'
import { turnOf } from './turn-of.js'
import type { Via } from './via.js'
import type { CallCost, UpstreamAnswer, UpstreamCall } from './upstream-types.js'

export type CallUpstream = (call: UpstreamCall) => Promise<UpstreamAnswer>

/** Learns which credentials may ask `/quota/`. */
export interface CredentialObserver {
  /** A request is about to be sent with this credential. */
  offer(client: UpstreamCall['client']): void
  /** What Intervals answered to it. */
  answered(client: UpstreamCall['client'], status: number): void
}

export interface UpstreamCallDeps {
  readonly upstreamUrl: string
  readonly queue: Pick<AdmissionQueue, 'admit'>
  readonly refusals: RefusalPorts
  readonly upstream: Pick<UpstreamDispatcher, 'dispatcher' | 'giveBack'>
  readonly credentials: Pick<CredentialStates, 'answered' | 'wasAccepted'>
  readonly quota: CredentialObserver
  readonly via: Pick<Via, 'own'>
  readonly overload: Pick<Overload, 'refuseIfShedding'>
  readonly clock: Clock
  readonly log: Pick<FastifyBaseLogger, 'error'>
  readonly metrics: Pick<Metrics, 'queueSeconds' | 'refusals'>
  /** Only while requests are traced: a span for the wait in the queue; returns its end. */
  readonly traceWait:
    ((call: UpstreamCall) => (end: Permit | RefusalReason | 'failed') => void) | undefined
}

interface Attempt {
  readonly headers: HeaderRecord
  readonly queuedMs: number
  readonly needsNewConnection: boolean
}

/** A disk that is full may have room again after this. */
const DISK_RETRY_AFTER_MS = 5_000

/** A call that failed, with what it has cost and whether the upstream may have carried it out. */
export class CallFailedError extends Error {
  readonly problem: ProblemError
  readonly executed: Executed
  readonly cost: CallCost
  readonly outcome: Outcome

  constructor(problem: ProblemError, call: Pick<CallFailedError, 'executed' | 'cost' | 'outcome'>) {
    super(problem.message, { cause: problem })
    this.problem = problem
    this.executed = call.executed
    this.cost = call.cost
    this.outcome = call.outcome
  }
}

/** An answer whose body broke off: the call was carried out, and its cost is known. */
export const brokeOff = (
  error: unknown,
  { cost }: Pick<UpstreamAnswer, 'cost'>,
  outcome: Outcome,
): CallFailedError =>
  new CallFailedError(upstreamProblem(error), { executed: 'yes', cost, outcome })

/** What of a failure is told to the client. */
export const problemIn = (error: unknown): ProblemError | undefined =>
  error instanceof CallFailedError
    ? error.problem
    : error instanceof ProblemError
      ? error
      : undefined

export function createUpstreamCall(deps: UpstreamCallDeps): CallUpstream {
  const { clock, upstream } = deps
  const { origin, pathname } = new URL(deps.upstreamUrl)
  const basePath = pathname.replace(/\/$/, '')

  /** @throws ProblemError with the time after which a retry is worth it; AbandonedError */
  async function admit(call: UpstreamCall): Promise<{ permit: Permit; waitedMs: number }> {
    deps.overload.refuseIfShedding()
    const traced = deps.traceWait?.(call)
    const maxWaitMs = Math.max(0, call.deadlineMs - clock.monotonicMs())
    const admission = await deps.queue
      .admit({
        ...turnOf(call, deps.credentials),
        resource: call.resource ?? 'other',
        maxWaitMs,
        ...(call.signal !== undefined && { signal: call.signal }),
      })
      .catch((error: unknown) => {
        traced?.('failed')
        throw error
      })
    if (admission.kind === 'permitted') {
      traced?.(admission.permit)
      deps.metrics.queueSeconds.observe({ priority: call.priority }, admission.waitedMs / 1_000)
      return admission
    }
    traced?.(admission.reason)
    deps.metrics.refusals.inc({ reason: admission.reason })
    if (admission.reason === 'abandoned') throw new AbandonedError('the client disconnected')
    throw new ProblemError(PROBLEM_OF_REFUSAL[admission.reason], {
      retryAfterMs: admission.retryAfterMs,
      ...describeRefusal(
        deps.refusals,
        { account: call.client.account, maxWaitMs: call.maxWaitMs ?? maxWaitMs },
        admission,
      ),
    })
  }

  /** One permit, one request. */
  async function send(
    call: UpstreamCall,
    permit: Permit,
    { headers: sent, queuedMs, needsNewConnection }: Attempt,
  ): Promise<UpstreamAnswer> {
    const { body } = call
    const path = basePath + call.rawTarget
    const sentAtMs = clock.monotonicMs()
    const sentAtWallMs = clock.wallMs()
    const headers = {
      ...sent,
      via: call.via ?? deps.via.own(),
      ...(body !== null && { 'content-length': String(body.length) }),
      [DISPATCH_CONTEXT]: { permit, target: path, body, needsNewConnection },
    }
    const response = await upstream.dispatcher.request({
      origin,
      path,
      method: call.method,
      headers: headers as Record<string, string>,
      ...(body !== null && { body }),
      ...(call.cut !== undefined && { signal: call.cut }),
      ...(call.interim !== undefined && {
        onInfo: (info) => call.interim?.(info.statusCode, info.headers as IncomingHttpHeaders),
      }),
    })
    const receivedAtMs = clock.monotonicMs()
    const status = response.statusCode
    // RFC 9110 §15: there is no such status, so nothing says what it means for the body.
    if (status > 599) {
      response.body.on('error', () => {}).destroy()
      throw new ProblemError('UPSTREAM_GARBLED')
    }
    deps.quota.answered(call.client, status)
    await deps.credentials.answered(call.client.principal.id, status)
    return {
      status,
      statusText: response.statusText,
      headers: receivedHeaders(response.headers),
      isFramed:
        response.headers['content-length'] !== undefined ||
        response.headers['transfer-encoding'] !== undefined,
      body: response.body,
      cost: {
        permit: permit.id,
        queuedMs,
        upstreamMs: receivedAtMs - sentAtMs,
        upstreamStatus: status,
      },
      sentAtWallMs,
      receivedAtWallMs: clock.wallMs(),
      receivedAtMs,
    }
  }

  /** What must be durable before the request is sent is, or it is not sent. */
  async function prepared({ headers, sending }: UpstreamCall): Promise<HeaderRecord> {
    const sent = { ...headers, ...sending?.headers }
    try {
      await sending?.beforeSend?.(sent)
      return sent
    } catch (error) {
      if (error instanceof ProblemError || error instanceof AbandonedError) throw error
      deps.log.error(
        { err: error },
        'could not record a request before sending it; it was not sent',
      )
      throw new ProblemError('LEDGER_UNAVAILABLE', {
        retryAfterMs: DISK_RETRY_AFTER_MS,
        cause: error,
      })
    }
  }

  return async function callUpstream(call) {
    const { sending } = call
    deps.quota.offer(call.client)
    let queuedMs = 0
    let needsNewConnection = false
    for (;;) {
      const { permit, waitedMs } = await admit(call)
      queuedMs += waitedMs
      call.onPermit?.({ permit: permit.id, queuedMs })
      const startedMs = clock.monotonicMs()
      try {
        const headers = await prepared(call)
        // The client disconnected during that: it would not see the answer.
        call.signal?.throwIfAborted()
        const response = await send(call, permit, { headers, queuedMs, needsNewConnection })
        await sending?.ended?.({ executed: 'yes', response })
        const { completed } = sending ?? {}
        if (completed === undefined) return response
        return {
          ...response,
          body: withEnd(response.body, (isComplete) => completed(response, isComplete)),
        }
      } catch (error) {
        // False once the dispatcher has the permit: then it settles it.
        const wasUnsent = upstream.giveBack(permit)
        const failure = wasUnsent ? 'not-sent' : classifyFailure(error)
        const executed = executedOf(failure)
        await sending?.ended?.({ executed, response: undefined })
        const nowMs = clock.monotonicMs()
        const mayRead = !isWrite(call.method) && !needsNewConnection
        if (mayRepeat(failure, { isLate: nowMs > call.deadlineMs, mayRead })) {
          needsNewConnection ||= failure === 'reused-connection-closed'
          continue
        }
        if (error instanceof AbandonedError) throw error
        const spent = wasUnsent ? {} : { upstreamMs: nowMs - startedMs }
        const cost = { permit: permit.id, queuedMs, ...spent }
        throw new CallFailedError(upstreamProblem(error), { executed, cost, outcome: call.outcome })
      }
    }
  }
}
