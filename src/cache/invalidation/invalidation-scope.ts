/**
 * What a write may change. Decided by method and path alone: bodies are not read, and the method tells
 * only reads, deletes and other writes apart.
 */

import type { ResourceName } from '../resources/resource-name.js'
import { RESOURCES } from '../resources/resources.js'
import type { Target } from '../resources/target.js'

export type InvalidationScope =
  | { readonly kind: 'resources'; readonly names: readonly ResourceName[] }
  | { readonly kind: 'account' }

const ACCOUNT: InvalidationScope = { kind: 'account' }

/** RFC 9110 §9.2.1. Every other method, known or not, may change something. */
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PROPFIND', 'TRACE'])

/** In both profiles. POST with an id updates, PUT without one creates, other methods are unknown. */
export function isWrite(method: string): boolean {
  return !SAFE_METHODS.has(method)
}

/** The scope of a write; undefined for a read. A write outside the table invalidates the account. */
export function invalidationScope(method: string, target: Target): InvalidationScope | undefined {
  if (!isWrite(method)) return undefined
  const { resource } = target
  if (resource === undefined) return ACCOUNT

  const { invalidates, deleteInvalidates = [] } = RESOURCES[resource]
  if (method !== 'DELETE') return { kind: 'resources', names: [resource, ...invalidates] }
  if (deleteInvalidates === 'account') return ACCOUNT
  const taken = deleteInvalidates.flatMap((name) => [name, ...RESOURCES[name].invalidates])
  return { kind: 'resources', names: [...new Set([resource, ...invalidates, ...taken])] }
}
