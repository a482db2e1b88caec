/**
 * Serves the stored entry where no newer answer can be had: the call failed, was refused, or would keep the
 * reader waiting for longer than a newer answer is worth.
 */

import { isOwnRefusal, OUT_OF_PATIENCE } from '../../errors/own-refusals.js'
import type { Answer } from '../answer.js'
import type { Layer } from '../layer.js'
import type { CacheRead, Found } from '../profiles/cache-read.js'
import type { CacheProfile } from '../profiles/profile.js'
import { mustRevalidate } from '../refresh-cooldown.js'
import type { RefreshCooldown } from '../refresh-cooldown.js'
import type { Refresh } from '../refresh.js'
import { CallFailedError, problemIn } from '../upstream-call.js'
import type { CallCost } from '../upstream-types.js'

/** Longest wait in the queue for a newer answer than the stored one, milliseconds. */
export const LATE_WAIT_MS = 2_000

export interface StaleFallbackDeps<E> {
  readonly profile: Pick<CacheProfile<E>, 'mayReplaceFailure'>
  readonly cooldown: RefreshCooldown
  readonly refresh: Refresh<E>
  readonly nowMs: () => number
}

export function staleFallback<E>(deps: StaleFallbackDeps<E>): Layer<E> {
  const { profile, cooldown, refresh } = deps

  return async (request, next) => {
    const read = request.read as CacheRead<E> | undefined
    if (read === undefined) return next(request)
    const due = mustRevalidate(read)
    const deadlineMs =
      due === undefined
        ? request.deadlineMs
        : Math.min(request.deadlineMs, deps.nowMs() + LATE_WAIT_MS)
    try {
      const answer = await next({ ...request, deadlineMs })
      const status = answer.cacheStatus.fwdStatus
      const found =
        status === undefined
          ? undefined
          : profile.mayReplaceFailure(read, { kind: 'status', status })
      if (found === undefined) return answer
      if (answer.content.kind === 'stream')
        answer.content
          .claim()
          ?.on('error', () => {})
          .destroy()
      if (due !== undefined) cooldown.start(read.key)
      return instead(read, found, {
        outcome: 'served-on-error',
        cost: answer.cost,
        fwdStatus: status,
      })
    } catch (error) {
      const problem = problemIn(error)
      if (problem === undefined || problem.status < 429) throw error
      const found = profile.mayReplaceFailure(read, { kind: 'disconnected' })
      if (found === undefined) throw error
      const isRefusal = isOwnRefusal(problem)
      const isOutOfPatience = OUT_OF_PATIENCE.has(problem.code)
      // Before the cool-down, which a refresh respects.
      if (due !== undefined && isOutOfPatience) refresh(request, read)
      // A refusal that came at once would come at once again: nothing is gained by waiting for it.
      if (due !== undefined && (isOutOfPatience || !isRefusal)) cooldown.start(read.key)
      if (!isRefusal)
        request.log.warn({ err: problem }, 'served the stored answer, because the call failed')
      const cost = error instanceof CallFailedError ? error.cost : undefined
      const outcome = isRefusal ? 'served-on-refusal' : 'served-on-error'
      return instead(read, found, { outcome, cost, fwdStatus: cost?.upstreamStatus })
    }
  }
}

function instead<E>(
  read: CacheRead<E>,
  found: Found<E>,
  failed: {
    readonly outcome: 'served-on-error' | 'served-on-refusal'
    readonly cost: CallCost | undefined
    readonly fwdStatus: number | undefined
  },
): Answer<E> {
  const { outcome, cost, fwdStatus } = failed
  // The client did not ask for a younger answer: the entry's age sent the request on.
  const isForAge = mustRevalidate(read) !== undefined && outcome === 'served-on-error'
  return {
    content: { kind: 'entry', entry: found.entry },
    outcome: isForAge ? 'stale' : outcome,
    cacheStatus: {
      ...(isForAge && { detail: outcome }),
      ttlSeconds: found.ttlSeconds,
      ...(fwdStatus !== undefined && { fwdStatus }),
    },
    key: read.key,
    cost,
  }
}
