/** Faults on demand: what goes wrong with an answer, and for which requests. */
import type { Random } from '../random.js'

export const plainFaultKinds = [
  'reset',
  'reset-mid-body',
  'hang',
  'hang-mid-body',
  'truncated',
  'garbage',
  'wrong-content-type',
  'execute-then-reset',
  'execute-then-hang',
] as const
export const delayedFaultKinds = ['slow-body', 'delay', 'change-late'] as const
export const faultKinds = ['status', ...plainFaultKinds, ...delayedFaultKinds] as const

export interface FaultScope {
  /** The requests. Default: all that the limits accept. */
  readonly match?: { readonly method?: string; readonly pathPrefix?: string }
  /** How many requests. Default: no limit. */
  readonly times?: number
  /** Share of the matching requests, 0 to 1, drawn by seed. Default 1. */
  readonly probability?: number
}

/**
 * - `status`: not executed, and answered with this status; `apiCode` makes it an Intervals error.
 * - `reset`, `hang`: not executed; the connection is reset, or never answered.
 * - `execute-then-reset`, `execute-then-hang`: executed, but never answered.
 * - `reset-mid-body`, `hang-mid-body`, `truncated`: executed; half of the body arrives.
 * - `garbage`: bytes that are not HTTP. `wrong-content-type`: JSON sent as text/html.
 * - `slow-body`: a chunk every `delayMs`. `delay`: the answer is sent `delayMs` later.
 * - `change-late`: never answered; a write takes effect `delayMs` later.
 */
export type Fault = FaultScope &
  (
    | {
        readonly kind: 'status'
        readonly status: number
        readonly apiCode?: number
        readonly body?: string
        readonly headers?: Readonly<Record<string, string>>
      }
    | { readonly kind: (typeof plainFaultKinds)[number] }
    | { readonly kind: (typeof delayedFaultKinds)[number]; readonly delayMs: number }
  )

export interface FaultPlan {
  set(faults: readonly Fault[]): void
  /** Takes the first fault that matches. */
  next(method: string, path: string): Fault | undefined
}

export function createFaultPlan(random: Random): FaultPlan {
  let entries: { fault: Fault; left: number }[] = []
  return {
    set(faults) {
      for (const fault of faults) assertFault(fault)
      entries = faults.map((fault) => ({ fault, left: fault.times ?? Number.POSITIVE_INFINITY }))
    },
    next(method, path) {
      for (const entry of entries) {
        const { match, probability } = entry.fault
        if (entry.left <= 0) continue
        if (match?.method !== undefined && match.method.toUpperCase() !== method) continue
        if (match?.pathPrefix !== undefined && !path.startsWith(match.pathPrefix)) continue
        if (probability !== undefined && !random.chance(probability)) continue
        entry.left -= 1
        return entry.fault
      }
      return undefined
    },
  }
}

/** Throws TypeError for a malformed fault, which another process may send as JSON. */
export function assertFault(fault: unknown): asserts fault is Fault {
  const given = fault as Partial<Record<'kind' | 'status' | 'delayMs', unknown>> | null
  const kind = given?.kind
  if (!(faultKinds as readonly unknown[]).includes(kind)) {
    throw new TypeError(
      `Expected \`kind\` to be one of ${faultKinds.join(', ')}, got ${String(kind)}`,
    )
  }
  if (kind === 'status' && !isWithin(given?.status, 200, 599)) {
    throw new TypeError(`Expected \`status\` to be 200 to 599, got ${String(given?.status)}`)
  }
  if ((delayedFaultKinds as readonly unknown[]).includes(kind)) {
    if (!isWithin(given?.delayMs, 0, 2_147_483_647)) {
      throw new TypeError(`Expected \`delayMs\` of a fault to be ms, got ${String(given?.delayMs)}`)
    }
  }
}

function isWithin(value: unknown, min: number, max: number): boolean {
  return typeof value === 'number' && value >= min && value <= max
}
