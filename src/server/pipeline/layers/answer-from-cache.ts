/** Answers from the cache: fresh entries, and stale ones while one refresh runs behind. */

import type { CacheStatusParameters } from '../../../cache/index.js'
import { ProblemError } from '../../errors/problems.js'
import type { Answer } from '../answer.js'
import type { Layer } from '../layer.js'
import type { CacheRead, Found, Lookup } from '../profiles/cache-read.js'
import type { RefreshCooldown } from '../refresh-cooldown.js'
import type { Refresh } from '../refresh.js'

export interface AnswerFromCacheDeps<E> {
  readonly cooldown: RefreshCooldown
  readonly refresh: Refresh<E>
}

export function answerFromCache<E>({ cooldown, refresh }: AnswerFromCacheDeps<E>): Layer<E> {
  return async (request, next) => {
    if (request.read === undefined) return next(request)
    const read = cooldown.applied(request.read as CacheRead<E>)
    if (read.found.kind === 'stale') refresh(request, read)
    if (read.found.kind !== 'miss') return fromCache(read.key, read.found)
    if (request.directives.onlyIfCached) throw new ProblemError('NOT_STORED')
    return next(request)
  }
}

export const fromCache = <E>(
  key: string,
  found: Exclude<Lookup<E>, { kind: 'miss' }>,
): Answer<E> => ({
  content: { kind: 'entry', entry: found.entry },
  outcome: found.kind === 'hit' ? 'hit' : 'stale-while-revalidate',
  cacheStatus: hitStatus(found),
  key,
})

/** Past the ttl of the configuration, Cache-Status says so. */
export const hitStatus = ({
  ttlSeconds,
  isStretched,
}: Pick<Found<unknown>, 'ttlSeconds' | 'isStretched'>): CacheStatusParameters =>
  isStretched ? { ttlSeconds, detail: 'stretched' } : { ttlSeconds }
