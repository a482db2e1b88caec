/**
 * Whether the proxy can do its work, and what keeps it from it. `/-/status`, `/-/readyz`, the command
 * `status`, `doctor`, the dashboard, metrics and the webhook all show this.
 */

/** The most serious first. */
export const HEALTH_CODES = [
  'store-unavailable',
  'upstream-unreachable',
  'paused',
  'quarantine',
  'day-spent',
  'overload',
  'day-will-not-last',
  'log-lines-dropped',
] as const
export type HealthCode = (typeof HEALTH_CODES)[number]

export interface HealthReason {
  readonly code: HealthCode
  /** ISO 8601. */
  readonly since: string
  /** The first sentence names the state; the others give figures, and what to do. */
  readonly message: string
}

export interface Health {
  /** `down`: a request that needs a call cannot be answered now. */
  readonly status: 'ok' | 'degraded' | 'down'
  /** The most serious first. */
  readonly reasons: readonly HealthReason[]
}

/** The first sentence of a message, and the rest. */
export function headline({ message }: Pick<HealthReason, 'message'>): readonly [string, string] {
  const end = message.indexOf('. ')
  return end < 0 ? [message, ''] : [message.slice(0, end), message.slice(end + 2)]
}
