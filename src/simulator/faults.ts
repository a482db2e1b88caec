/** Faults on demand: what may go wrong with an answer, and which request it happens to. */
import type { Random } from './random.js'

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
export const delayedFaultKinds = ['slow-body', 'delay'] as const
export const faultKinds = ['status', ...plainFaultKinds, ...delayedFaultKinds] as const

export interface FaultScope {
  /** Which requests. Default: every counted one. */
  readonly match?: { readonly method?: string; readonly pathPrefix?: string }
  /** How often it happens. Default: for ever. */
  readonly times?: number
  /** Share of the matching requests, 0 to 1, drawn by seed. Default 1. */
  readonly probability?: number
}

/**
 * - `status`: an answer of this status, not carried out; `apiCode` makes it an Intervals error.
 * - `reset`: the connection is reset, not carried out; `hang`: never answered, not carried out.
 * - `execute-then-reset`, `execute-then-hang`: carried out, and the caller does not learn it.
 * - `reset-mid-body`, `hang-mid-body`, `truncated`: half of the body arrives; carried out.
 * - `garbage`: bytes that are not HTTP. `wrong-content-type`: a JSON body called text/html.
 * - `slow-body`: a chunk every `delayMs`. `delay`: the whole answer `delayMs` late.
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
  /** The first fault that matches, and counts it as having happened. */
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

/** Throws TypeError: faults also come from other processes as JSON. */
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
