/** Lets a request in, or throws the answer to somebody who may not. Costs no call either way. */

import type { FastifyRequest } from 'fastify'
import type { Principal, Principals, ResourceName } from '../../cache/index.js'
import type { Clock } from '../../limits/index.js'
import type { Metrics } from '../../observability/metrics.js'
import { ProblemError } from '../errors/problems.js'
import type { Caller, Gateway } from './client-directory.js'
import type { Failures } from './failed-attempts.js'
import { isAllowed } from './rights.js'

/** As whom a request goes on. */
export interface Identity {
  /** What turns in the queue go to: the client's own key, or else its token. Several keys may stand for one token. */
  readonly credential: string
  readonly account: string
  readonly principal: Principal
  /** What goes to the upstream: the consumer's own token, or the one that its key stands for. */
  readonly authorization: string | undefined
  /** Who asks, for fairness, for the budgets and for the log. */
  readonly consumer: string
  /** See `cache.floor`, milliseconds. */
  readonly floorMs: number
  /** Let in before this moment, epoch milliseconds. */
  readonly untilMs: number
}

export interface LettingIn {
  readonly clients: () => Pick<Gateway, 'identify'>
  readonly failures: Failures
  readonly metrics: Pick<Metrics, 'refusals'>
  readonly principals: Principals
  readonly clock: Pick<Clock, 'wallMs' | 'monotonicMs'>
}

/** @throws ProblemError KEY_UNKNOWN, KEY_EXPIRED, TOO_MANY_FAILURES or NOT_ALLOWED */
export function letIn(
  services: LettingIn,
  request: Pick<FastifyRequest, 'headers' | 'ip' | 'log' | 'method'>,
  resource: ResourceName | undefined,
): Identity {
  const caller = callerOf(services, request)
  assertAllowed(caller, { method: request.method, resource })
  return identityOf(services.principals, caller)
}

export function identityOf(principals: Principals, caller: Caller): Identity {
  const { account, authorization, floorMs, name, untilMs } = caller
  const principal = principals.of(authorization)
  const credential = caller.keyName === undefined ? principal.id : `key:${caller.keyName}`
  return {
    account,
    principal,
    credential,
    authorization,
    floorMs,
    untilMs,
    consumer: name ?? `token-${principal.shortHash}`,
  }
}

/** @throws ProblemError KEY_UNKNOWN, KEY_EXPIRED or TOO_MANY_FAILURES */
function callerOf(
  { clients, failures, metrics, clock }: LettingIn,
  request: Pick<FastifyRequest, 'headers' | 'ip' | 'log'>,
): Caller {
  const identified = clients().identify(request.headers, clock.wallMs())
  if (identified.kind === 'caller') return identified.caller
  const nowMs = clock.monotonicMs()
  const retryAfterMs = failures.closedForMs(request.ip, nowMs)
  if (retryAfterMs !== undefined) throw new ProblemError('TOO_MANY_FAILURES', { retryAfterMs })
  failures.failed(request.ip, nowMs)
  const code = identified.isExpired ? 'KEY_EXPIRED' : 'KEY_UNKNOWN'
  metrics.refusals.inc({ reason: code.toLowerCase().replace('_', '-') })
  request.log.warn({ peer: request.ip, code }, 'somebody was not let in')
  throw new ProblemError(code)
}

/** @throws ProblemError NOT_ALLOWED */
function assertAllowed(
  { rights, name }: Caller,
  { method, resource }: { readonly method: string; readonly resource: ResourceName | undefined },
): void {
  if (isAllowed(rights, { method, resource })) return
  const what = `${method} ${resource === undefined ? 'of this path' : resource}`
  throw new ProblemError('NOT_ALLOWED', {
    message: `${name} may not do ${what}; see consumers.${name}.read and .write in the configuration of the proxy`,
  })
}
