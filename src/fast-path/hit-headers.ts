/** Status, headers and body of a hit, from the functions that the slow path uses. */

import { cacheStatus } from '../cache/index.js'
import { hitStatus } from '../server/pipeline/layers/answer-from-cache.js'
import { formOf } from '../server/pipeline/profiles/render-stored.js'
import type { RenderedEntry } from '../server/pipeline/render.js'
import type { FoundHit } from './hit-lookup.js'

/** All headers but X-Request-Id, and those of the connection. */
export function hitHeaders({ template, hit, limits }: FoundHit): RenderedEntry {
  const { status, headers, body } = formOf(hit.entry, template.head)
  const own: [string, string][] = [
    ['age', String(hit.ageSeconds)],
    ['cache-status', cacheStatus('hit', hitStatus(hit))],
    ['ratelimit', limits.ratelimit],
    ['ratelimit-policy', limits['ratelimit-policy']],
  ]
  if (body !== undefined) own.push(['content-length', String(body.length)])
  return { status, headers: [...headers, ...own], body }
}
