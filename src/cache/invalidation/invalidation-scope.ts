/**
 * What a write may change, as a scope for the fence to bump. Judged by method and path alone: bodies
 * are not read, and a method is not trusted further than being a write.
 */

import type { ResourceName } from '../resources/resource-name.js'
import { RESOURCES } from '../resources/resources.js'
import type { Target } from '../resources/target.js'

export type TouchScope =
  | { readonly kind: 'resources'; readonly names: readonly ResourceName[] }
  | { readonly kind: 'account' }

const ACCOUNT: TouchScope = { kind: 'account' }

/** Any method but GET and HEAD: POST with an id updates, PUT without one creates, others are unknown. */
export function isWrite(method: string): boolean {
  return method !== 'GET' && method !== 'HEAD'
}

/** The scope of a write; undefined for a read. What the table does not know touches the account. */
export function touchScope(method: string, target: Target): TouchScope | undefined {
  if (!isWrite(method)) return undefined
  const { resource } = target
  if (resource === undefined) return ACCOUNT

  const { touches, deleteTakes = [] } = RESOURCES[resource]
  if (method !== 'DELETE') return { kind: 'resources', names: [resource, ...touches] }
  if (deleteTakes === 'account') return ACCOUNT
  const taken = deleteTakes.flatMap((name) => [name, ...RESOURCES[name].touches])
  return { kind: 'resources', names: [...new Set([resource, ...touches, ...taken])] }
}
