/**
 * Finished requests until something collects them: all of them as counts by name, and the last ones one
 * by one. Both are bounded, so recording a request costs a look-up, however rarely they are collected.
 * The dashboard collects once a second; so does each worker, which sends them to the primary.
 */

import { OTHERS } from '../limits/index.js'
import type { Priority } from '../limits/index.js'
import type { Durations, Way } from '../report/traffic.js'
import { waitedMsOf } from './request-record.js'
import type { AnswerSummary, RequestSummary } from './request-record.js'

/** Requests that share all their names. */
export interface RequestGroup {
  readonly way: Way
  readonly resource: string
  readonly client: string
  /** As it was sent. */
  readonly path: string
  readonly priority: Priority
  /** The code of our own error, where there is one. */
  readonly refusal: string | undefined
  readonly count: number
  readonly wait: Durations
  readonly upstream: Durations
}

export interface FinishedRequest {
  readonly request: RequestSummary
  readonly answer: AnswerSummary
  readonly way: Way
  /** Epoch milliseconds. */
  readonly endedAtMs: number
}

export interface FinishedRequests {
  readonly groups: readonly RequestGroup[]
  /** Oldest first. */
  readonly last: readonly FinishedRequest[]
  /** Calls that were charged to a day, less those given back unsent. */
  readonly calls: number
}

/** As many as the dashboard shows. */
export const MAX_LAST = 500
/** Past it requests are counted by their way alone. */
export const MAX_GROUPS = 1_000
const MAX_PATH_LENGTH = 200

type Names = Omit<RequestGroup, 'count' | 'wait' | 'upstream'>

interface OpenGroup extends Names {
  count: number
  readonly wait: [count: number, sumMs: number, longestMs: number]
  readonly upstream: [count: number, sumMs: number, longestMs: number]
}

export class RequestBuffer {
  #groups = new Map<string, OpenGroup>()
  #last: FinishedRequest[] = []

  add(finished: FinishedRequest): void {
    const { request, answer, way } = finished
    const { resource, target, requester } = request
    const { client, priority } = requester
    const query = target.indexOf('?')
    const path = target.slice(0, query < 0 ? MAX_PATH_LENGTH : Math.min(query, MAX_PATH_LENGTH))
    const isError = way === 'refused' || way === 'failed'
    const refusal = isError ? answer.cacheStatus.detail : undefined
    const group = this.#groupOf({ way, resource, client, path, priority, refusal })
    group.count++
    const waitedMs = waitedMsOf(answer)
    if (waitedMs !== undefined) addTo(group.wait, 1, waitedMs, waitedMs)
    const { upstreamMs } = answer
    if (upstreamMs !== undefined) addTo(group.upstream, 1, upstreamMs, upstreamMs)
    this.#last.push(finished)
    // Cut in halves, so that a busy proxy does not move all of them for each request.
    if (this.#last.length >= MAX_LAST * 2) this.#last = this.#last.slice(-MAX_LAST)
  }

  /** What another process has recorded. */
  merge({ groups, last }: FinishedRequests): void {
    for (const { count, wait, upstream, ...names } of groups) {
      const group = this.#groupOf(names)
      group.count += count
      addTo(group.wait, ...wait)
      addTo(group.upstream, ...upstream)
    }
    this.#last = [...this.#last, ...last].slice(-MAX_LAST)
  }

  /** Everything since the call before. */
  take(): Omit<FinishedRequests, 'calls'> {
    const taken = { groups: [...this.#groups.values()], last: this.#last.slice(-MAX_LAST) }
    this.#groups = new Map()
    this.#last = []
    return taken
  }

  #groupOf(names: Names): OpenGroup {
    const { way, resource, client, path, priority, refusal = '' } = names
    // No name can contain a line break.
    const key = `${way}\n${resource}\n${client}\n${path}\n${priority}\n${refusal}`
    const known = this.#groups.get(key)
    if (known !== undefined) return known
    if (this.#groups.size >= MAX_GROUPS && path !== OTHERS) {
      return this.#groupOf({ ...names, resource: OTHERS, client: OTHERS, path: OTHERS })
    }
    const group: OpenGroup = { ...names, count: 0, wait: [0, 0, 0], upstream: [0, 0, 0] }
    this.#groups.set(key, group)
    return group
  }
}

function addTo(
  durations: [count: number, sumMs: number, longestMs: number],
  ...[count, sumMs, longestMs]: Durations
): void {
  durations[0] += count
  durations[1] += sumMs
  durations[2] = Math.max(durations[2], longestMs)
}
