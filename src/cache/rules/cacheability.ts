/** Whether the answer to a request may come from the cache or be stored. Decided by the request alone. */

import { requestDirectives } from './cache-control.js'
import { formatOf, type Format } from './format.js'
import { requestHeader, type RequestHeaders } from './header-list.js'
import type { Policies } from '../resources/policy.js'
import { isResourceName, type ResourceName } from '../resources/resource-name.js'
import { parameterValues, type Target } from '../resources/target.js'

/** Why a request bypasses the cache. The words appear in Cache-Status, metrics and logs. */
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
  /** Whether the request has a body that is not empty. */
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

  const verdict = targetCacheability(target, request.policies)
  return verdict.cacheable ? { ...verdict, format } : verdict
}

/** The part of the decision that depends on the target alone. */
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
  if (policies[resource].ttlMs === 0) return { cacheable: false, reason: 'never-cached-resource' }
  // Running timers are included in the rows: they change every second, without a write.
  if (target.query.length > 0 && parameterValues(target, 'includetimerid').length > 0) {
    return { cacheable: false, reason: 'timer-parameters' }
  }
  // Without a task this is the list of the last seven days: it changes without a write.
  if (resource === 'tasknote' && target.id === undefined) {
    const taskids = parameterValues(target, 'taskid')
    if (taskids.length === 0 || taskids.includes('')) {
      return { cacheable: false, reason: 'tasknote-without-taskid' }
    }
  }
  return { cacheable: true, resource }
}

/** The part of the decision that HTTP makes, before any knowledge of Intervals. */
function transportReason(request: CacheabilityRequest): UncacheableReason | undefined {
  const { method, headers, hasBody } = request
  if (method !== 'GET') return 'method'
  // RFC 9110 §9.3.1: content in a GET has no defined meaning, so what it asks for is unknown.
  if (hasBody) return 'body'
  if (headers['range'] !== undefined || headers['if-range'] !== undefined) return 'range'
  // RFC 9110 §13.1: these two are for the origin to evaluate. If-None-Match is evaluated with our own
  // ETag; a fill sends neither it nor If-Modified-Since, because a 304 would leave nothing to store.
  if (headers['if-match'] !== undefined || headers['if-unmodified-since'] !== undefined) {
    return 'precondition'
  }
  if (headers['authorization'] === undefined) return 'no-authorization'
  if (requestDirectives(headers).noStore) return 'no-store'
  return undefined
}
