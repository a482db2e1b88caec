/** The cache of the profile `http`: a store of its own, and nothing that knows Intervals. */

import { createHttpStore, createPurges } from '../../../cache/index.js'
import type { HttpEntry } from '../../../cache/index.js'
import type { Config } from '../../../config/schema.js'
import type { Clock } from '../../../limits/index.js'
import type { Metrics } from '../../../observability/metrics.js'
import type { CacheParts } from '../cache-parts.js'
import { interimTo } from './interim.js'
import { classifyHttp, httpProfile } from './rfc9111.js'

export interface HttpPartsDeps {
  readonly clock: Clock
  readonly metrics: Pick<Metrics, 'cacheEvictions'>
}

export function createHttpCache(
  config: Config,
  { clock, metrics }: HttpPartsDeps,
): CacheParts<HttpEntry> {
  const { maxSize, maxEntrySize, cdnCacheControl } = config.cache
  const store = createHttpStore({ maxBytes: maxSize, onEvict: () => metrics.cacheEvictions.inc() })
  return {
    profile: httpProfile({
      store,
      clock,
      maxEntryBytes: maxEntrySize,
      upstreamUrl: config.upstream.url,
      targetedField: cdnCacheControl === 'obey' ? 'cdn-cache-control' : undefined,
    }),
    classify: classifyHttp,
    knowsResources: false,
    // A 401 is about one resource of any upstream, not about the credential.
    credentials: { closedForMs: () => undefined },
    purges: createPurges({ purge: async (selection) => store.purge(selection) }),
    sharedFlights: undefined,
    unselectable: ['account', 'resource'],
    interimTo,
    install: () => ({ layers: {} }),
    usage: () => store.usage(),
    close: async () => store.close(),
  }
}
