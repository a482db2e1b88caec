/** One call to Intervals and its answer, as values. */

import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import type { HeaderList, Outcome } from '../../cache/index.js'
import type { Priority } from '../../limits/index.js'
import type { Identity } from '../authentication/authenticate.js'
import type { HeaderRecord } from './headers.js'
import type { Executed } from '../errors/upstream-problem.js'

export interface UpstreamCall {
  readonly client: Pick<Identity, 'account' | 'consumer' | 'principal' | 'authorization'> &
    Partial<Pick<Identity, 'credential'>>
  readonly method: string
  /** The request-target, forwarded as it is. */
  readonly rawTarget: string
  /** For the spending book, and because `/quota/` is not charged to the day. */
  readonly resource: string | undefined
  /** Tells the programs of one credential apart: client name, peer address and User-Agent. */
  readonly program?: string
  /** The proxy itself asks, for no client. */
  readonly isOwn?: boolean
  /** Without Via. */
  readonly headers: HeaderRecord
  /** Undefined: that of the proxy's own calls. */
  readonly via?: string
  readonly body: Buffer | null
  readonly priority: Priority
  /** End of the wait in the queue, monotonic clock. */
  readonly deadlineMs: number
  /** How long the client may wait, from its arrival; undefined for the proxy's own calls. */
  readonly maxWaitMs?: number
  /** Ends the wait in the queue; a request that was sent goes on. */
  readonly signal?: AbortSignal
  /** Ends the call wherever it is. */
  readonly cut?: AbortSignal
  readonly trace: object | undefined
  readonly interim?: ((status: number, headers: IncomingHttpHeaders) => void) | undefined
  readonly sending?: Sending | undefined
  readonly onPermit?: ((cost: CallCost) => void) | undefined
  /** What the request counts as if the call fails. */
  readonly outcome: Outcome
}

/** What a request has cost so far. */
export interface CallCost {
  /** The last permit that was spent on it. */
  readonly permit: number
  readonly queuedMs: number
  /** From the moment it was sent to the response headers, milliseconds. */
  readonly upstreamMs?: number
  readonly upstreamStatus?: number
}

export interface UpstreamAnswer {
  readonly status: number
  readonly statusText: string
  /** End to end only: without the headers of the connection. */
  readonly headers: HeaderList
  /** Whether it says where its body ends; otherwise the end of the connection may have cut it off. */
  readonly isFramed: boolean
  readonly body: Readable
  readonly cost: CallCost
  /** When it was sent, epoch milliseconds. */
  readonly sentAtWallMs: number
  /** When the response headers arrived, epoch milliseconds and by the monotonic clock. */
  readonly receivedAtWallMs: number
  readonly receivedAtMs: number
}

/** All hooks of one call run in the order in which the layers were passed. */
export interface Sending {
  /** Replaces headers of the request as it is sent upstream. */
  readonly headers?: Readonly<Record<string, string>>
  /**
   * Called with a permit in hand, directly before the request is sent, and awaited: what must be durable
   * first. It may change the headers of this attempt. When it rejects, nothing is sent.
   */
  readonly beforeSend?: (headers: HeaderRecord) => Promise<void>
  /**
   * Called once for each `beforeSend`, when that attempt has ended and before its answer or error is
   * passed on, and awaited. Never rejects.
   */
  readonly ended?: (end: CallEnd) => Promise<void>
  /**
   * Called once after an `ended` with a response, before the last bytes of its body are passed on or when
   * the body broke off, and awaited. The body is read to its end even if its client leaves. Never rejects.
   */
  readonly completed?: (response: UpstreamAnswer, isComplete: boolean) => Promise<void>
  /** Once sent, the call goes on without its client. */
  readonly outlivesClient?: boolean
}

export interface CallEnd {
  readonly executed: Executed
  /** What the upstream answered, once its headers arrived. */
  readonly response: UpstreamAnswer | undefined
}
