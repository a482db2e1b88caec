/** May the answer to this request come from the cache, or go into it? Looks at the request only. */

import { requestDirectives } from './cache-control.js'
import { formatOf, type Format } from './format.js'
import { requestHeader, type RequestHeaders } from './header-list.js'
import type { Policies } from '../resources/policy.js'
import { isResourceName, type ResourceName } from '../resources/resource-name.js'
import { parameterValues, type Target } from '../resources/target.js'

/** Why a request goes past the cache. The words appear in Cache-Status, metrics and logs. */
export const UNCACHEABLE_REASONS = [
  'method',
  'body',
  'range',
  'precondition',
  'no-authorization',
  'no-store',
  'image-format',
  'unknown-resource',
  'unknown-path',
  'never-cached-resource',
  'timer-parameters',
  'tasknote-without-taskid',
] as const

export type UncacheableReason = (typeof UNCACHEABLE_REASONS)[number]

export interface CacheabilityRequest {
  readonly method: string
  readonly target: Target
  readonly headers: RequestHeaders
  /** Whether the request carries a body, of any length but 0. */
  readonly hasBody: boolean
  readonly policies: Policies
}

export type Cacheability =
  | { readonly cacheable: true; readonly resource: ResourceName; readonly format: Format }
  | { readonly cacheable: false; readonly reason: UncacheableReason }

export function requestCacheability(request: CacheabilityRequest): Cacheability {
  const { target, headers } = request
  const format = formatOf(requestHeader(headers, 'accept'))
  const reason = transportReason(request) ?? (format === 'image' ? 'image-format' : undefined)
  if (reason !== undefined) return { cacheable: false, reason }

  const asked = targetCacheability(target, request.policies)
  return asked.cacheable ? { ...asked, format } : asked
}

/** What the target alone says, whoever asks for it and in whatever form. */
export function targetCacheability(
  target: Target,
  policies: Policies,
):
  | Exclude<Cacheability, { cacheable: true }>
  | { readonly cacheable: true; resource: ResourceName } {
  const { resource } = target
  if (resource === undefined) {
    const isKnown = isResourceName(target.segments[0] ?? '')
    return { cacheable: false, reason: isKnown ? 'unknown-path' : 'unknown-resource' }
  }
  const reason = resourceReason(resource, target, policies)
  return reason === undefined ? { cacheable: true, resource } : { cacheable: false, reason }
}

/** What HTTP itself says, before any knowledge of Intervals. */
function transportReason(request: CacheabilityRequest): UncacheableReason | undefined {
  const { method, headers, hasBody } = request
  const has = (name: string): boolean => requestHeader(headers, name) !== undefined
  if (method !== 'GET') return 'method'
  // RFC 9110 §9.3.1: content in a GET has no defined meaning, so what it asks for is not known.
  if (hasBody) return 'body'
  if (has('range') || has('if-range')) return 'range'
  // RFC 9110 §13.1: these two are for the origin to judge. If-None-Match is answered from our ETag,
  // and like If-Modified-Since it must not go upstream with a fill: a 304 would leave nothing to store.
  if (has('if-match') || has('if-unmodified-since')) return 'precondition'
  if (!has('authorization')) return 'no-authorization'
  if (requestDirectives(headers).noStore) return 'no-store'
  return undefined
}

function resourceReason(
  resource: ResourceName,
  target: Target,
  policies: Policies,
): UncacheableReason | undefined {
  if (policies[resource].ttlMs === 0) return 'never-cached-resource'
  // Running timers are put into the rows: they change every second, without a write.
  if (parameterValues(target, 'includetimerid').length > 0) return 'timer-parameters'
  // Without a task the list is that of the last seven days: it changes without a write.
  if (resource === 'tasknote' && target.id === undefined) {
    const taskids = parameterValues(target, 'taskid')
    if (taskids.length === 0 || taskids.includes('')) return 'tasknote-without-taskid'
  }
  return undefined
}
