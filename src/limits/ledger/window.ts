/**
 * The rolling window: at most `max` requests in any stretch of `windowMs`, whatever the latency is.
 *
 * A slot is taken before a request is written and comes back `windowMs + marginMs` after its
 * response headers. If max + 1 requests were counted inside one window, two of them used the same slot;
 * the later one was written at least `windowMs + marginMs` after the response to the earlier one, so it
 * was counted at least that much later: a contradiction. Fixed, sliding and bucket windows all allow
 * this schedule.
 *
 * Pure: state and now in, decision out.
 */

export interface WindowRules {
  /** Requests per window, at least 1. */
  readonly max: number
  readonly windowMs: number
  /** Added to the window for clocks that run at different rates (500 ppm of it) and early timers. */
  readonly marginMs: number
  /** Added where a request ended without an answer: the upstream may read it after we closed. */
  readonly lostMarginMs: number
}

export interface Slot {
  /** Not null while the request is in flight. */
  permit: number | null
  /** Monotonic time from which the slot is free; meaningless while the request is in flight. */
  freeAtMs: number
}

export interface WindowState {
  readonly slots: Slot[]
  /** Lowered below `max` when something else spends from the same address. */
  ceiling: number
}

/** Margin for a window: 10 ms for timers and timestamps, and 0.25 % of the window for clock rates. */
export function marginFor(windowMs: number): number {
  return 10 + windowMs / 400
}

export function createWindow(rules: WindowRules): WindowState {
  return { slots: [], ceiling: rules.max }
}

/** The window at one moment, for pacing and status. */
export interface Room {
  /** Slots that are free now; 0 or less when the window is full. */
  readonly free: number
  readonly held: number
  readonly inFlight: number
  /** Monotonic time at which the next slot comes back; Infinity while none is cooling. */
  readonly nextFreeAtMs: number
}

export function roomOf({ slots, ceiling }: WindowState, nowMs: number): Room {
  let held = 0
  let inFlight = 0
  let nextFreeAtMs = Infinity
  for (const { permit, freeAtMs } of slots) {
    if (permit !== null) inFlight++
    else if (freeAtMs > nowMs) nextFreeAtMs = Math.min(nextFreeAtMs, freeAtMs)
    else continue
    held++
  }
  return { free: ceiling - held, held, inFlight, nextFreeAtMs }
}

/** Index of the slot that the next request takes; undefined when the window is full. */
export function freeSlot({ slots, ceiling }: WindowState, nowMs: number): number | undefined {
  let free: number | undefined
  let held = 0
  for (const [index, { permit, freeAtMs }] of slots.entries()) {
    if (permit !== null || freeAtMs > nowMs) held++
    else free ??= index
  }
  return held >= ceiling ? undefined : (free ?? slots.length)
}

/** Monotonic times at which the cooling slots come back, soonest first. */
export function releases({ slots }: WindowState, nowMs: number): number[] {
  return slots
    .filter(({ permit, freeAtMs }) => permit === null && freeAtMs > nowMs)
    .map(({ freeAtMs }) => freeAtMs)
    .toSorted((a, b) => a - b)
}

/** Requests are expected to take this long, in forecasts only. */
export const TYPICAL_FLIGHT_MS = 300

/** From the moment a request is sent until its slot returns, in forecasts only. */
export const typicalHoldMs = ({ windowMs }: Pick<WindowRules, 'windowMs'>): number =>
  TYPICAL_FLIGHT_MS + windowMs + marginFor(windowMs)

/** When each of the slots below the ceiling is free, soonest first: `nowMs` for free ones. */
export function slotTimes(
  { slots, ceiling }: WindowState,
  { nowMs, rules }: { readonly nowMs: number; readonly rules: WindowRules },
): number[] {
  const heldUntilMs = nowMs + TYPICAL_FLIGHT_MS + rules.windowMs + rules.marginMs
  const times = slots
    .filter((slot) => slot.permit !== null || slot.freeAtMs > nowMs)
    .map((slot) => (slot.permit === null ? slot.freeAtMs : heldUntilMs))
    .toSorted((a, b) => a - b)
  // More slots may be held than the ceiling allows: the first ones to return bring no room.
  const surplus = times.length - ceiling
  return surplus >= 0 ? times.slice(surplus) : [...Array<number>(-surplus).fill(nowMs), ...times]
}

/**
 * When the `count`-th further slot is free, counting from 1. Past a whole window the pattern repeats.
 */
export function nthFreeAt(
  state: WindowState,
  { count, ...at }: { readonly count: number; readonly nowMs: number; readonly rules: WindowRules },
): number {
  const times = slotTimes(state, at)
  const round = Math.floor((count - 1) / times.length)
  const roundMs = TYPICAL_FLIGHT_MS + at.rules.windowMs + at.rules.marginMs
  return (times[(count - 1) % times.length] ?? at.nowMs) + round * roundMs
}

/** When the next slot is sure to be free; undefined while that depends on requests in flight. */
export function nextFreeAt(state: WindowState, nowMs: number): number | undefined {
  const { held } = roomOf(state, nowMs)
  return releases(state, nowMs)[held - state.ceiling]
}
