/**
 * Request headers by which the upstream's answers vary, beyond those that every key includes. They are
 * learnt from Vary, and from then on they are sent with fills and become a part of the key.
 */

import type { ResourceName } from '../resources/resource-name.js'
import { requestHeader, type RequestHeaders } from './header-list.js'
import { createHash } from 'node:crypto'

/** For each resource. A response that varies by more is not stored. */
const MAX_FIELDS = 8

export interface VaryFields {
  /** In lower case, sorted. */
  of(resource: ResourceName): readonly string[]
  learn(resource: ResourceName, fields: readonly string[]): void
}

export function createVaryFields(): VaryFields {
  const learnt = new Map<ResourceName, readonly string[]>()
  const none: readonly string[] = []
  const of = (resource: ResourceName): readonly string[] => learnt.get(resource) ?? none
  return {
    of,
    learn(resource, fields) {
      const all = [...new Set([...of(resource), ...fields])].toSorted()
      if (all.length <= MAX_FIELDS) learnt.set(resource, all)
    },
  }
}

/** The part of the key for these fields, as a hash: values such as cookies may be secret. */
export function varyKey(fields: readonly string[], headers: RequestHeaders): string {
  const values = fields.map((name) => [name, requestHeader(headers, name) ?? null])
  return createHash('sha256').update(JSON.stringify(values)).digest('base64url')
}
