/**
 * How long the answers of each resource serve and between whom they are shared: the shipped table,
 * with an operator's settings on top.
 */

import { RESOURCE_NAMES, type ResourceName } from './resource-name.js'
import { RESOURCES } from './resources.js'

/**
 * Who may be served what one credential fetched. `credential`: that credential only. `account`: every
 * credential of the account; the rows, fields and the `personid` in the body are those of the first.
 */
export type Share = 'credential' | 'account'

export interface ResourcePolicy {
  /** Fresh for, milliseconds; 0 = never cached. */
  readonly ttlMs: number
  /**
   * Served at once after that, while a refresh runs behind, milliseconds; 0, the default: not. At most
   * `staleMs` (RFC 5861 §3).
   */
  readonly staleWhileRevalidateMs: number
  /** Served after `ttlMs` when there is no newer answer, milliseconds; 0 = not (RFC 5861 §4). */
  readonly staleMs: number
  /** By default `credential`. */
  readonly share: Share
  /** An entry is never kept fresh for longer, milliseconds; undefined: as `cache.freshness` allows. */
  readonly maxAgeMs?: number
  /** An operator chose `ttlMs`. */
  readonly isOperatorTtl?: boolean
}

export type Policies = Readonly<Record<ResourceName, ResourcePolicy>>

export type PolicyOverrides = Readonly<Partial<Record<ResourceName, Partial<ResourcePolicy>>>>

/**
 * The table with `overrides` on top, field by field.
 *
 * @throws TypeError when a duration is not a finite number of milliseconds, 0 or more
 */
export function resolvePolicies(overrides: PolicyOverrides = {}): Policies {
  const policies = Object.fromEntries(
    RESOURCE_NAMES.map((name) => {
      const { ttlMs, staleMs } = RESOURCES[name]
      const given = overrides[name]
      const wanted: Partial<ResourcePolicy> & { ttlMs: number; staleMs: number } = {
        ttlMs,
        staleMs,
        share: 'credential',
        ...given,
      }
      const isOperatorTtl = given?.ttlMs !== undefined
      const behindMs = given?.staleWhileRevalidateMs ?? 0
      assertDuration(`${name}.ttlMs`, wanted.ttlMs)
      assertDuration(`${name}.staleMs`, wanted.staleMs)
      assertDuration(`${name}.staleWhileRevalidateMs`, behindMs)
      if (wanted.maxAgeMs !== undefined) assertDuration(`${name}.maxAgeMs`, wanted.maxAgeMs)
      const staleWhileRevalidateMs = Math.min(behindMs, wanted.staleMs)
      return [name, Object.freeze({ ...wanted, staleWhileRevalidateMs, isOperatorTtl })]
    }),
  )
  return Object.freeze(policies) as Policies
}

function assertDuration(name: string, value: number): void {
  if (!Number.isFinite(value) || value < 0) {
    throw new TypeError(`"${name}" must be a number of milliseconds, 0 or more, got ${value}`)
  }
}
