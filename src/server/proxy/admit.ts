import { UpstreamRefusedError } from '../../upstream/index.js'
import type { Permit } from '../../limits/index.js'
import { PROBLEM_OF_REFUSAL, ProblemError } from '../errors/problems.js'
import type { Services } from '../services.js'
import type { ProxyExchange } from './exchange.js'

/** The consumer went away while its request waited. Nothing was spent, nobody is there to be told. */
export class AbandonedError extends Error {
  readonly code = 'ABANDONED'
}

/**
 * Leave to send one request, after a wait in the queue if need be.
 *
 * @throws ProblemError with the time when it is worth trying again; AbandonedError
 */
export async function admit(
  services: Services,
  exchange: ProxyExchange,
  { signal, deadlineMs }: { signal?: AbortSignal; deadlineMs: number },
): Promise<Permit> {
  const { queue, clock, metrics } = { ...services, clock: services.deps.clock }
  services.overload.refuseIfShedding()
  const waited = services.tracing?.waiting(exchange)
  const admission = await queue
    .admit({
      account: exchange.account,
      consumer: exchange.consumer,
      priority: exchange.priority,
      chargesDay: exchange.target.resource !== 'quota',
      resource: exchange.target.resource ?? 'other',
      maxWaitMs: Math.max(0, deadlineMs - clock.monotonicMs()),
      ...(signal === undefined ? {} : { signal }),
    })
    .catch((error: unknown) => {
      waited?.('failed')
      throw error
    })
  waited?.(admission.kind === 'permitted' ? admission.permit : admission.reason)
  if (admission.kind === 'permitted') {
    exchange.permit = admission.permit.id
    exchange.queuedMs = (exchange.queuedMs ?? 0) + admission.waitedMs
    metrics.queueSeconds.observe({ priority: exchange.priority }, admission.waitedMs / 1_000)
    return admission.permit
  }
  metrics.refusals.inc({ reason: admission.reason })
  if (admission.reason === 'abandoned') throw new AbandonedError('the consumer went away')
  throw new ProblemError(PROBLEM_OF_REFUSAL[admission.reason], {
    retryAfterMs: admission.retryAfterMs,
  })
}

/** Nothing of this attempt was carried out upstream, so another is no second time. */
export const wasNotExecuted = (error: unknown): boolean =>
  isRefused(error) || hasCause(error, isVoidPermit)

/**
 * Is another attempt no second time, and is there time for it? After a refusal the queue knows; a
 * permit that ran out says nothing of when the next one will not, so there the deadline does.
 */
export function mayRepeat(error: unknown, { isLate }: { readonly isLate: boolean }): boolean {
  return isRefused(error) || (!isLate && wasNotExecuted(error))
}

const isRefused = (error: unknown): boolean =>
  hasCause(error, (one) => one instanceof UpstreamRefusedError)

const isVoidPermit = (error: Error & { code?: unknown }): boolean => error.code === 'PERMIT_VOID'

function hasCause(error: unknown, isIt: (error: Error) => boolean): boolean {
  let current: unknown = error
  for (let depth = 0; depth < 5 && current instanceof Error; depth++) {
    if (isIt(current)) return true
    current = current.cause
  }
  return false
}
