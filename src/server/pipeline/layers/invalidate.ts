/**
 * A write invalidates what it may change: noted before it is sent, and done when it has ended, before any
 * client has its whole answer.
 */

import type { Layer } from '../layer.js'
import type { CacheProfile } from '../profiles/profile.js'
import type { Sending } from '../upstream-types.js'

export function invalidate<E>(profile: Pick<CacheProfile<E>, 'invalidation'>): Layer<E> {
  return (request, next) => {
    const write = profile.invalidation(request)
    if (write === undefined) return next(request)
    const above = request.sending
    const sending: Sending = {
      ...above,
      async beforeSend(headers) {
        await above?.beforeSend?.(headers)
        await write.begin(headers)
      },
      async ended(end) {
        await write.end(end)
        await above?.ended?.(end)
      },
      ...(write.completed !== undefined && { completed: write.completed }),
    }
    return next({ ...request, sending })
  }
}
