/**
 * How fast one consumer may go. A burst share of the window goes at once; a backlog beyond it is
 * paced, so that the rest of the window is still there when somebody else comes:
 *
 * - up to `burst` requests leave at once;
 * - past it we look, one grace later, whether all that waits fits into the window: then it goes too
 *   (nothing is gained by holding back the end of a burst that fits);
 * - otherwise it is spread: over the rest while the burst is still in the window, then at
 *   the sustained rate, slot by slot, until the backlog is gone. As long as others are about it also
 *   leaves a few slots free (see `Paces.keptFree`), so that their next call need not wait for one.
 *
 * Pure: state and now in, time out.
 */

export interface PaceRules {
  /** Requests per window. */
  readonly max: number
  readonly windowMs: number
  /** Requests that one consumer may take at once, less than `max`. */
  readonly burst: number
  readonly graceMs: number
}

export interface PaceState {
  /** When this consumer's requests of the last window left, oldest first; at most `max`. */
  grants: number[]
  /** The same of those that other replicas let out; empty where there are none. */
  elsewhere: readonly number[]
  /** When the burst share was reached; undefined before. */
  fullAtMs: number | undefined
  /** When a request of this consumer last left; -Infinity: never. */
  lastAtMs: number
  /** Set while a backlog is spread. */
  spread: { readonly burstEndsAtMs: number; nextAtMs: number } | undefined
}

export function createPace(): PaceState {
  return { grants: [], elsewhere: [], fullAtMs: undefined, lastAtMs: -Infinity, spread: undefined }
}

function trim(state: PaceState, nowMs: number, windowMs: number): void {
  const kept = state.grants.findIndex((at) => at > nowMs - windowMs)
  if (kept === -1) state.grants = []
  else if (kept > 0) state.grants.splice(0, kept)
}

const spent = ({ grants, elsewhere }: PaceState): number => grants.length + elsewhere.length

const latest = ({ grants, elsewhere }: PaceState): number | undefined => {
  const atMs = Math.max(grants.at(-1) ?? -Infinity, elsewhere.at(-1) ?? -Infinity)
  return atMs === -Infinity ? undefined : atMs
}

const spacing = (spread: { burstEndsAtMs: number }, nowMs: number, rules: PaceRules): number =>
  nowMs < spread.burstEndsAtMs
    ? rules.windowMs / Math.max(1, rules.max - rules.burst)
    : rules.windowMs / rules.max

/** A request joins an empty line: what the backlog before it cost is forgotten once it is paid. */
export function lineBegins(state: PaceState, nowMs: number, rules: PaceRules): void {
  trim(state, nowMs, rules.windowMs)
  if (spent(state) >= rules.burst) return
  state.spread = undefined
  state.fullAtMs = undefined
}

/** From when the next request of this consumer may leave, with `waiting` of its requests in line. */
export function mayLeaveAt(
  state: PaceState,
  { nowMs, waiting }: { nowMs: number; waiting: number },
  rules: PaceRules,
): number {
  trim(state, nowMs, rules.windowMs)
  if (state.spread !== undefined) return state.spread.nextAtMs
  if (spent(state) < rules.burst) return nowMs
  state.fullAtMs ??= nowMs
  const lookAtMs = state.fullAtMs + rules.graceMs
  if (nowMs < lookAtMs) return lookAtMs
  if (spent(state) + waiting <= rules.max) return nowMs
  const burstEndsAtMs = (latest(state) ?? nowMs) + rules.windowMs
  const spread = { burstEndsAtMs, nextAtMs: nowMs }
  spread.nextAtMs = Math.max(nowMs, (latest(state) ?? nowMs) + spacing(spread, nowMs, rules))
  state.spread = spread
  return spread.nextAtMs
}

/** A request leaves. Returns how to undo that, should it stay after all. */
export function left(state: PaceState, nowMs: number, rules: PaceRules): () => void {
  trim(state, nowMs, rules.windowMs)
  state.grants.push(nowMs)
  state.lastAtMs = nowMs
  const { spread } = state
  let advancedMs = 0
  if (spread !== undefined) {
    // From the plan, not from now, or every late timer would cost rate; but nothing is made up for
    // beyond one step, or an idle stretch would end in a burst.
    const step = spacing(spread, nowMs, rules)
    const nextAtMs = Math.max(spread.nextAtMs, nowMs - step) + step
    advancedMs = nextAtMs - spread.nextAtMs
    spread.nextAtMs = nextAtMs
  }
  return () => {
    state.grants.pop()
    if (spread !== undefined) spread.nextAtMs -= advancedMs
  }
}

/** When the request at `position` (0 is next) may leave if all before it leave as planned. */
export function forecastPace(
  state: PaceState,
  { nowMs, position }: { nowMs: number; position: number },
  rules: PaceRules,
): number {
  trim(state, nowMs, rules.windowMs)
  const free = state.spread === undefined ? rules.burst - spent(state) : 0
  const beyond = position - Math.max(0, free)
  if (beyond < 0) return nowMs
  const fitsWhole = state.spread === undefined && spent(state) + position + 1 <= rules.max
  if (fitsWhole) return nowMs + rules.graceMs
  const spread = state.spread ?? {
    burstEndsAtMs: nowMs + rules.windowMs,
    nextAtMs: nowMs + rules.graceMs,
  }
  const slow = spacing({ burstEndsAtMs: Infinity }, nowMs, rules)
  const inBurst = Math.max(0, Math.floor((spread.burstEndsAtMs - spread.nextAtMs) / slow) + 1)
  if (beyond < inBurst) return spread.nextAtMs + beyond * slow
  const from = Math.max(spread.nextAtMs, spread.burstEndsAtMs)
  return from + (beyond - inBurst + 1) * spacing({ burstEndsAtMs: 0 }, nowMs, rules)
}
