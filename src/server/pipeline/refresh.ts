/** One call behind an answer that was served stale. */

import type { Clock } from '../../limits/index.js'
import type { Metrics } from '../../observability/metrics.js'
import { isOwnRefusal } from '../errors/own-refusals.js'
import type { Handler } from './layer.js'
import type { CacheRead } from './profiles/cache-read.js'
import type { RefreshCooldown } from './refresh-cooldown.js'
import type { ProxyRequest } from './request.js'
import { CallFailedError, problemIn } from './upstream-call.js'

export type Refresh<E> = (request: ProxyRequest, read: CacheRead<E>) => void

const REFRESH_WITHIN_MS = 60_000

export interface RefreshDeps<E> {
  readonly cooldown: RefreshCooldown
  readonly metrics: Pick<Metrics, 'savedCalls'>
  readonly clock: Pick<Clock, 'monotonicMs'>
  /** Makes the call, or joins one. */
  readonly fetch: Handler<E>
}

export function createRefresh<E>({ cooldown, metrics, clock, fetch }: RefreshDeps<E>): Refresh<E> {
  return (request, read) => {
    const saved = (): void => metrics.savedCalls.add('stale')
    if (cooldown.has(read.key)) return saved()
    const { found } = read
    const refresh: ProxyRequest = {
      ...request,
      method: 'GET',
      read: {
        ...read,
        found: found.kind === 'miss' ? { kind: 'stale', ...found.fallback } : found,
      } as CacheRead<E>,
      priority: 'background',
      deadlineMs: clock.monotonicMs() + REFRESH_WITHIN_MS,
      // It goes on when the client that caused it has gone.
      signal: new AbortController().signal,
      interim: undefined,
      onPermit: undefined,
    }
    void fetch(refresh).then(
      ({ content, cacheStatus, cost, outcome }) => {
        if (content.kind === 'stream')
          content
            .claim()
            ?.on('error', () => {})
            .destroy()
        // The reader that this refresh was for has not saved a call, only put it off.
        if (cost === undefined) saved()
        // An answer that does not replace the entry counts as a failure: one try per cool-down.
        if (cacheStatus.stored !== true && outcome !== 'hit') cooldown.start(read.key)
      },
      (error: unknown) => {
        cooldown.start(read.key)
        if (!(error instanceof CallFailedError)) saved()
        const problem = problemIn(error)
        if (problem !== undefined && problem.status >= 500 && !isOwnRefusal(problem)) {
          request.log.warn({ err: problem }, 'could not refresh a stale answer')
        }
      },
    )
  }
}
