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

const isHeld = (slot: Slot, nowMs: number): boolean => slot.permit !== null || slot.freeAtMs > nowMs

/** Monotonic times at which the cooling slots come back, soonest first. */
export function releases({ slots }: WindowState, nowMs: number): number[] {
  return slots
    .filter(({ permit, freeAtMs }) => permit === null && freeAtMs > nowMs)
    .map(({ freeAtMs }) => freeAtMs)
    .toSorted((a, b) => a - b)
}

/**
 * When the `count`-th further slot is free, counting from 1. Requests in flight are expected to end
 * after `flightMs` more. Past a whole window the pattern repeats.
 */
export function nthFreeAt(
  state: WindowState,
  {
    count,
    nowMs,
    flightMs,
    rules,
  }: { count: number; nowMs: number; flightMs: number; rules: WindowRules },
): number {
  const holdMs = rules.windowMs + rules.marginMs
  const times = state.slots
    .filter((slot) => isHeld(slot, nowMs))
    .map((slot) => (slot.permit === null ? slot.freeAtMs : nowMs + flightMs + holdMs))
    .toSorted((a, b) => a - b)
  // Negative: so many are free now. Positive: so many more are held than the ceiling allows.
  const surplus = times.length - state.ceiling
  const round = Math.floor((count - 1) / state.ceiling)
  const at = times[surplus + ((count - 1) % state.ceiling)] ?? nowMs
  return at + round * (holdMs + flightMs)
}

/** When the next slot is sure to be free; undefined while that depends on requests in flight. */
export function nextFreeAt(state: WindowState, nowMs: number): number | undefined {
  const { held } = roomOf(state, nowMs)
  return releases(state, nowMs)[held - state.ceiling]
}
