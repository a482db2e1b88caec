/**
 * Why a request is refused, in words: the cause, the numbers behind it, and the setting that decides.
 * Error bodies and `/-/explain` use the same text.
 */

import { accountScope, WINDOW_SCOPE } from '../../limits/index.js'
import type { AdmissionQueue, Ledger, PauseReason, RefusalReason } from '../../limits/index.js'

export interface RefusalPorts {
  readonly ledger: Pick<Ledger, 'usage' | 'problem'>
  readonly queue: Pick<AdmissionQueue, 'usage'>
  /** `limits.queue.maxWait`. */
  readonly maxWaitMs: () => number
}

export interface RefusedRequest {
  readonly account: string
  /** How long this request may wait. */
  readonly maxWaitMs: number
}

export interface RefusalText {
  readonly message: string
  /** Intervals' own code for the cause, where it differs from that of the problem. */
  readonly apiCode?: number
}

/** Codes of the Intervals error table. An operator's pause is no refusal by Intervals: 20, unknown. */
export const API_CODE_OF_PAUSE: Readonly<Record<PauseReason, number>> = {
  'too-fast': 12,
  'day-exceeded': 11,
  suspended: 4,
  banned: 5,
  unpaid: 6,
  'by-hand': 20,
}

/** Undefined: the generic sentence of the problem says enough. */
export function describeRefusal(
  ports: RefusalPorts,
  request: RefusedRequest,
  { reason, retryAfterMs }: { readonly reason: RefusalReason; readonly retryAfterMs: number },
): RefusalText | undefined {
  const retry = `Retry in ${secondsIn(retryAfterMs)} s.`
  switch (reason) {
    case 'paused':
      return pauseText(ports, request)
    case 'day-spent':
      return { message: `${dayText(ports, request)}. The next day begins at midnight UTC.` }
    case 'day-kept':
      return {
        message: `${dayText(ports, request)}. The rest is kept for writes or other clients and is lent bit by bit before midnight UTC. ${retry}`,
      }
    case 'wait-too-long':
      return {
        message: `The next free slot for this request is ${secondsIn(retryAfterMs)} s away, but it may wait only ${waitText(ports, request)}. ${retry}`,
      }
    case 'deadline':
      return {
        message: `No slot came free within the ${waitText(ports, request)} that this request may wait. ${retry}`,
      }
    case 'queue-full': {
      const { write, interactive, background } = ports.queue.usage().waiting
      const waiting = write + interactive + background
      return {
        message: `${waiting} requests wait already, as many as limits.queue.maxLength and limits.queue.maxLengthPerConsumer allow. ${retry}`,
      }
    }
    case 'ledger-unavailable': {
      const problem = ports.ledger.problem?.()
      return problem === undefined ? undefined : { message: `No call can be recorded: ${problem}` }
    }
    case 'closing':
    case 'abandoned':
      return undefined
    default:
      return reason satisfies never
  }
}

const secondsIn = (ms: number): number => Math.ceil(ms / 1_000)

/** Less than the setting: the client sent `Prefer: wait`. */
function waitText(
  ports: Pick<RefusalPorts, 'maxWaitMs'>,
  { maxWaitMs }: Pick<RefusedRequest, 'maxWaitMs'>,
): string {
  const cause = maxWaitMs < ports.maxWaitMs() ? 'Prefer: wait' : 'limits.queue.maxWait'
  return `${secondsIn(maxWaitMs)} s (${cause})`
}

function dayText(
  { ledger }: Pick<RefusalPorts, 'ledger'>,
  { account }: Pick<RefusedRequest, 'account'>,
): string {
  const day = ledger.usage().days.find((one) => one.account === account)
  const reserve = day !== undefined && day.reserve > 0 ? day.reserve : undefined
  const used = `${day?.used} of ${day?.max} calls of the day are used`
  return reserve === undefined
    ? used
    : `${used}, and ${reserve} are reserved for other programs on the account`
}

function pauseText(
  { ledger }: Pick<RefusalPorts, 'ledger'>,
  { account }: Pick<RefusedRequest, 'account'>,
): RefusalText | undefined {
  const { pauses } = ledger.usage()
  const pause = [WINDOW_SCOPE, accountScope(account)]
    .map((scope) => pauses.find((one) => one.scope === scope))
    .find((one) => one !== undefined && one.leftMs > 0)
  if (pause === undefined) return undefined
  const { reason, detail, leftMs, scope } = pause
  const apiCode = API_CODE_OF_PAUSE[reason]
  const since = `${new Date(pause.sinceWallMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`
  const end = Number.isFinite(leftMs) ? ` Retry in ${secondsIn(leftMs)} s.` : ''
  const what = scope === WINDOW_SCOPE ? 'this proxy' : `the account "${account}"`
  const cause =
    reason === 'by-hand'
      ? `An operator paused ${what} (${detail}; since ${since}).`
      : `${detail} (since ${since}).`
  return { apiCode, message: `${cause} Cached answers are still served.${end}` }
}
