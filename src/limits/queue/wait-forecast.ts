/**
 * How long a request would wait, and whether it is refused at once for that. The queue decides by this,
 * and `/-/explain` forecasts by it. Nothing is changed.
 */

import type { Ledger } from '../ledger/ledger-port.js'
import type { Hold, RefusalReason } from '../ledger/types.js'
import type { RateShaper } from './rate-shaper.js'
import type { ReservedShares } from './reserved-shares.js'
import { credentialOf, programOf } from './waiting-lines.js'
import type { AdmissionRequest, Refusal, Seat, WaitingLines } from './waiting-lines.js'

export interface ForecastParts {
  readonly lines: WaitingLines
  readonly shaper: RateShaper
  readonly reserved: ReservedShares
  readonly ledger: Pick<Ledger, 'forecast'>
  /** Between two background requests, milliseconds. */
  readonly backgroundGapMs: number
}

export const refused = (reason: RefusalReason, retryAfterMs: number): Refusal => ({
  kind: 'refused',
  reason,
  retryAfterMs: Math.max(0, retryAfterMs),
})

/** The refusal that a decision of the ledger amounts to; undefined: the request can wait for its end. */
export function refusalFor(
  hold: Hold,
  { nowMs, deadlineMs }: { readonly nowMs: number; readonly deadlineMs: number },
): Refusal | undefined {
  switch (hold.kind) {
    case 'day-spent':
    case 'day-kept':
      return refused(hold.kind, hold.untilMs - nowMs)
    case 'paused':
      return hold.untilMs > deadlineMs && !hold.isProbed
        ? refused('paused', hold.untilMs - nowMs)
        : undefined
    case 'ask-quota':
    case 'wait':
      return undefined
    default:
      return hold satisfies never
  }
}

/** Milliseconds until such a request is sent, if it joins the queue now, or stands first in its line. */
export function forecastWait(
  parts: ForecastParts,
  request: AdmissionRequest,
  { nowMs, isFirst = false }: { readonly nowMs: number; readonly isFirst?: boolean },
): number {
  const ordinaryMs = ordinaryWait(parts, request, { nowMs, isFirst })
  if (!parts.reserved.exist()) return Math.max(0, ordinaryMs)
  return Math.max(0, Math.min(ordinaryMs, reservedWait(parts, request, { nowMs, isFirst })))
}

function ordinaryWait(
  parts: ForecastParts,
  request: AdmissionRequest,
  { nowMs, isFirst }: { nowMs: number; isFirst: boolean },
): number {
  const { lines, shaper, ledger, backgroundGapMs } = parts
  const lane = lines.laneOf(request.priority)
  const seat = lines.seatOf(request)
  const position = seat === undefined || isFirst ? 0 : positionIn(parts, seat, { request, nowMs })
  let ahead = position
  for (const other of lane.seats.values()) {
    if (other !== seat) ahead += Math.min(other.waiting, position + 1)
  }
  for (const urgent of lines.lanes) {
    if (urgent === lane) break
    ahead += urgent.waiting
  }
  ahead += reservedAhead(parts, request, { seat, position, nowMs })
  const credential = credentialOf(request)
  const shaped = { credential, program: programOf(request), waiting: position + 1, nowMs }
  const dueAtMs =
    request.priority === 'background'
      ? nowMs + lane.waiting * backgroundGapMs
      : shaper.forecast(shaped, position)
  return Math.max(ledger.forecast(ahead + 1), dueAtMs) - nowMs
}

/** Requests of the same credential that go before one that joins now: fewest calls first. */
function positionIn(
  { lines, shaper }: ForecastParts,
  seat: Seat,
  { request, nowMs }: { request: AdmissionRequest; nowMs: number },
): number {
  const own = lines.programIn(seat, request)
  const before = seat.programs.get(own)?.size ?? 0
  const calls = shaper.sentByProgram(seat.credential, own, nowMs) + before
  let position = before
  for (const [program, line] of seat.programs) {
    if (program === own) continue
    const theirs = calls + 1 - shaper.sentByProgram(seat.credential, program, nowMs)
    position += Math.min(line.size, Math.max(0, theirs))
  }
  return position
}

/** Requests of this class and of less urgent ones that go first because of a share of the window. */
function reservedAhead(
  { lines, reserved }: ForecastParts,
  { priority }: AdmissionRequest,
  { seat, position, nowMs }: { seat: Seat | undefined; position: number; nowMs: number },
): number {
  if (!reserved.exist()) return 0
  let ahead = 0
  const own = lines.laneOf(priority)
  for (const lane of lines.lanes.slice(lines.lanes.indexOf(own))) {
    if (lane.priority === 'background') break
    for (const other of lane.seats.values()) {
      if (other === seat) continue
      const within = withinShare(reserved, other, nowMs)
      const counted = lane === own ? Math.min(other.waiting, position + 1) : 0
      ahead += Math.max(0, within - counted)
    }
  }
  return ahead
}

/** Requests of this seat that are within the share of their consumer. */
function withinShare(reserved: ReservedShares, seat: Seat, nowMs: number): number {
  const waiting = new Map<string, number>()
  for (const line of seat.programs.values()) {
    for (const { request } of line) {
      waiting.set(request.consumer, (waiting.get(request.consumer) ?? 0) + 1)
    }
  }
  let within = 0
  for (const [consumer, count] of waiting) within += Math.min(count, reserved.left(consumer, nowMs))
  return within
}

/** The wait by the share of the window, whatever others wait; Infinity without a share. */
function reservedWait(
  { lines, reserved, ledger }: ForecastParts,
  request: AdmissionRequest,
  { nowMs, isFirst }: { nowMs: number; isFirst: boolean },
): number {
  const { consumer, priority } = request
  if (priority === 'background' || reserved.promised(consumer) === 0) return Infinity
  let own = 0
  let others = 0
  const seat = lines.seatOf(request)
  for (const lane of lines.lanes.slice(0, lines.lanes.indexOf(lines.laneOf(priority)) + 1)) {
    for (const other of lane.seats.values()) {
      const mine = [...other.programs.values()].flatMap((line) =>
        [...line].filter((waiter) => waiter.request.consumer === consumer),
      ).length
      if (other !== seat || !isFirst) own += mine
      others += Math.max(
        0,
        withinShare(reserved, other, nowMs) - Math.min(mine, reserved.left(consumer, nowMs)),
      )
    }
  }
  const withinAtMs = reserved.withinAt(consumer, { nowMs, position: own })
  const ahead = withinAtMs > nowMs ? others : others + own
  return Math.max(0, withinAtMs - nowMs) + ledger.forecast(ahead + 1) - nowMs
}
