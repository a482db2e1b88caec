/**
 * Finished requests until something collects them: all of them as counts by name, and the last ones one
 * by one. Both are bounded, so recording a request costs a look-up, however rarely they are collected.
 * The dashboard collects once a second; so does each worker, which sends them to the primary.
 */

import { OTHERS } from '../limits/index.js'
import type { Priority } from '../limits/index.js'
import { refusalOf, sentPath, waitedMsOf } from './request-record.js'
import type { AnswerSummary, RequestSummary } from './request-record.js'
import { addDurations, NO_DURATIONS } from '../report/traffic.js'
import type { Durations, Way } from '../report/traffic.js'

/** Requests that share all their names. */
export interface RequestGroup {
  readonly way: Way
  readonly resource: string
  readonly client: string
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

type OpenGroup = { -readonly [Name in keyof RequestGroup]: RequestGroup[Name] }

export class RequestBuffer {
  #groups = new Map<string, OpenGroup>()
  #last: FinishedRequest[] = []
  #calls = 0

  add(finished: FinishedRequest): void {
    const { request, answer, way } = finished
    const group = this.#groupOf({
      way,
      resource: request.resource,
      client: request.requester.client,
      path: sentPath(request.target),
      priority: request.requester.priority,
      refusal: refusalOf(way, answer),
    })
    group.count++
    const waitedMs = waitedMsOf(answer)
    if (waitedMs !== undefined) group.wait = addDurations(group.wait, [1, waitedMs, waitedMs])
    const { upstreamMs } = answer
    if (upstreamMs !== undefined) {
      group.upstream = addDurations(group.upstream, [1, upstreamMs, upstreamMs])
    }
    this.#keep(finished)
  }

  addCall(change: number): void {
    this.#calls += change
  }

  /** What another process has recorded. */
  merge({ groups, last }: FinishedRequests): void {
    for (const { count, wait, upstream, ...names } of groups) {
      const group = this.#groupOf(names)
      group.count += count
      group.wait = addDurations(group.wait, wait)
      group.upstream = addDurations(group.upstream, upstream)
    }
    for (const one of last) this.#keep(one)
  }

  /** Everything since the call before. */
  take(): FinishedRequests {
    const last = this.#last.slice(-MAX_LAST)
    const taken = { groups: [...this.#groups.values()], last, calls: this.#calls }
    this.#groups = new Map()
    this.#last = []
    this.#calls = 0
    return taken
  }

  #groupOf(names: Omit<RequestGroup, 'count' | 'wait' | 'upstream'>): OpenGroup {
    const { way, resource, client, path, priority, refusal = '' } = names
    // No name can contain a line break.
    const key = `${way}\n${resource}\n${client}\n${path}\n${priority}\n${refusal}`
    const known = this.#groups.get(key)
    if (known !== undefined) return known
    if (this.#groups.size >= MAX_GROUPS && path !== OTHERS) {
      return this.#groupOf({ ...names, resource: OTHERS, client: OTHERS, path: OTHERS })
    }
    const group = { ...names, count: 0, wait: NO_DURATIONS, upstream: NO_DURATIONS }
    this.#groups.set(key, group)
    return group
  }

  #keep(finished: FinishedRequest): void {
    this.#last.push(finished)
    // Cut in halves, so that a busy proxy does not move all of them for each request.
    if (this.#last.length >= MAX_LAST * 2) this.#last = this.#last.slice(-MAX_LAST)
  }
}
