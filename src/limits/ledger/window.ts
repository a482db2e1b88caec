/**
 * The rolling window: at most `max` requests in any stretch of `windowMs`, without a word about
 * latency.
 *
 * A slot is taken before a request is written and comes back `windowMs + marginMs` after its
 * response headers. Were max + 1 requests counted inside one window, two of them used the same slot;
 * the later was written at least `windowMs + marginMs` after the answer to the earlier, so it was
 * counted at least that much later. Contradiction. Fixed, sliding and bucket windows all allow what
 * this allows.
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
  /** Not null while the request is out. */
  permit: number | null
  /** Monotonic time from which the slot is free; meaningless while the request is out. */
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

const isHeld = (slot: Slot, nowMs: number): boolean => slot.permit !== null || slot.freeAtMs > nowMs

export function heldSlots(state: WindowState, nowMs: number): number {
  let held = 0
  for (const slot of state.slots) if (isHeld(slot, nowMs)) held++
  return held
}

export function inFlight(state: WindowState): number {
  let out = 0
  for (const slot of state.slots) if (slot.permit !== null) out++
  return out
}

/** Takes a slot for `permit` and returns its index, or undefined when the window is full. */
export function takeSlot(state: WindowState, permit: number, nowMs: number): number | undefined {
  let free: number | undefined
  let held = 0
  for (const [index, slot] of state.slots.entries()) {
    if (isHeld(slot, nowMs)) held++
    else free ??= index
  }
  if (held >= state.ceiling) return undefined
  if (free === undefined) {
    state.slots.push({ permit, freeAtMs: 0 })
    return state.slots.length - 1
  }
  state.slots[free] = { permit, freeAtMs: 0 }
  return free
}

/** The request of this slot ended now; the slot comes back after the hold. */
export function cool(
  state: WindowState,
  slotIndex: number,
  { freeAtMs }: { readonly freeAtMs: number },
): void {
  const slot = state.slots[slotIndex]
  if (slot === undefined) throw new RangeError(`no slot ${slotIndex}`)
  slot.permit = null
  slot.freeAtMs = freeAtMs
}

/**
 * When the `count`-th further slot is free, counting from 1. Requests that are out are taken to end
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
  // Negative: so many are free now. Positive: so many more are held than may be.
  const surplus = times.length - state.ceiling
  const round = Math.floor((count - 1) / state.ceiling)
  const at = times[surplus + ((count - 1) % state.ceiling)] ?? nowMs
  return at + round * (holdMs + flightMs)
}

/** When the next slot is sure to be free; undefined while that hangs on requests that are out. */
export function nextFreeAt(state: WindowState, nowMs: number): number | undefined {
  const held = state.slots.filter((slot) => isHeld(slot, nowMs))
  const cooling = held
    .filter((slot) => slot.permit === null)
    .map((slot) => slot.freeAtMs)
    .toSorted((a, b) => a - b)
  return cooling[held.length - state.ceiling]
}
