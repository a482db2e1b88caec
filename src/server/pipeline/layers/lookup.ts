/** Looks up what the cache knows about the request, for the layers below. */

import type { Layer } from '../layer.js'
import type { CacheProfile } from '../profiles/profile.js'

export function lookup<E>(profile: Pick<CacheProfile<E>, 'lookup'>): Layer<E> {
  return async (request, next) =>
    request.bypass === undefined
      ? next({ ...request, read: await profile.lookup(request) })
      : next(request)
}
