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
  /** Served after that while a refresh runs behind or the upstream fails, milliseconds; 0 = not. */
  readonly staleMs: number
  /** By default `credential`. */
  readonly share: Share
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
      const policy = { ttlMs, staleMs, share: 'credential', ...overrides[name] }
      assertDuration(`${name}.ttlMs`, policy.ttlMs)
      assertDuration(`${name}.staleMs`, policy.staleMs)
      return [name, Object.freeze(policy)]
    }),
  )
  return Object.freeze(policies) as Policies
}

function assertDuration(name: string, value: number): void {
  if (!Number.isFinite(value) || value < 0) {
    throw new TypeError(`"${name}" must be a number of milliseconds, 0 or more, got ${value}`)
  }
}
