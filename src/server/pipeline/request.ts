/**
 * A request as the pipeline sees it: everything that is known when it arrives, computed once. A layer
 * that has to tell the next one something passes on a copy with that in it.
 */

import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyBaseLogger } from 'fastify'
import type { FlightHandle, Format, Outcome, RequestDirectives, Target } from '../../cache/index.js'
import type { Priority } from '../../limits/index.js'
import type { Identity } from '../authentication/authenticate.js'
import type { CacheRead } from './profiles/cache-read.js'
import type { CallCost, Sending, UpstreamAnswer, UpstreamCall } from './upstream-types.js'

/** Why the cache neither answers a request nor stores its answer; undefined: it may do both. */
export interface Bypass {
  readonly outcome: Extract<Outcome, 'bypass' | 'method'>
  /** A word of one of the closed lists, for Cache-Status. */
  readonly reason: string
}

export interface ProxyRequest {
  readonly id: string
  readonly method: string
  /** The request-target as it was sent, and as it is forwarded. */
  readonly rawTarget: string
  readonly target: Target
  readonly headers: IncomingHttpHeaders
  readonly httpVersion: string
  /** Via of its calls. */
  readonly via: string
  readonly client: Identity
  /** Tells the programs of one credential apart: client name, peer address and User-Agent. */
  readonly program: string
  readonly directives: RequestDirectives
  readonly bypass: Bypass | undefined
  /** The format that Accept asks for, where the cache may answer and distinguishes formats. */
  readonly format?: Format
  readonly priority: Priority
  /** Longest wait in the queue, milliseconds. */
  readonly maxWaitMs: number
  /** End of that wait, monotonic clock. */
  readonly deadlineMs: number
  /** Aborted when the client disconnects. */
  readonly signal: AbortSignal
  /** Reads the whole body; null if there is none. Counts against server.bodyMemory until the response has ended. */
  readonly readBody: () => Promise<Buffer | null>
  readonly log: FastifyBaseLogger
  readonly trace: object | undefined
  /** Forwards and streams what the cache does not produce: the `from` of @fastify/http-proxy. */
  readonly forward: (call: UpstreamCall) => Promise<UpstreamAnswer>
  /** Passes on a 1xx response; undefined where they are dropped. */
  readonly interim: ((status: number, headers: IncomingHttpHeaders) => void) | undefined
  /** What the cache knows about it, from the lookup on. */
  readonly read?: CacheRead<unknown>
  /** Called when a permit is spent on this request, so that its cost is known even if it gets no answer. */
  readonly onPermit?: ((cost: CallCost) => void) | undefined
  /** The shared call that this request leads. */
  readonly flight?: Pick<FlightHandle, 'commit'>
  /** What the layers above ask of the one call that this request may become. */
  readonly sending?: Sending
}
