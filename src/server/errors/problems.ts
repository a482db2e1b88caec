/**
 * Every error that the proxy itself answers with: code, status, and a sentence that says what to do.
 * The codes are public; a retired one is not used again.
 */

import type { RefusalReason } from '../../limits/index.js'

interface Problem {
  readonly status: number
  /** The nearest code of the Intervals error table, for clients that look there. */
  readonly apiCode: number
  readonly message: string
}

export const PROBLEMS = {
  BAD_TARGET: {
    status: 400,
    apiCode: 17,
    message: 'the request target can be read in two ways; send the plain path, e.g. /task/13',
  },
  AMBIGUOUS_REQUEST: {
    status: 400,
    apiCode: 17,
    message: 'the request can be read in two ways; what to send instead is said here',
  },
  IF_MATCH_FAILED: { status: 412, apiCode: 17, message: 'If-Match is outdated; read it again' },
  BAD_REQUEST: { status: 400, apiCode: 17, message: 'the request could not be understood' },
  ADMIN_FORBIDDEN: {
    status: 403,
    apiCode: 10,
    message: '/-/ answers this machine only; set server.adminToken and send it as a Bearer token',
  },
  ADMIN_UNAUTHORIZED: {
    status: 401,
    apiCode: 9,
    message: 'send server.adminToken: Authorization: Bearer TOKEN',
  },
  NOT_FOUND: { status: 404, apiCode: 13, message: 'there is no such page under /-/' },
  KEY_UNKNOWN: {
    status: 401,
    apiCode: 9,
    message:
      'this proxy does not know that key; send yours as the username of Basic, or as a Bearer token',
  },
  KEY_EXPIRED: {
    status: 401,
    apiCode: 9,
    message: 'this key has expired; ask the operator of the proxy for a new one',
  },
  TOO_MANY_FAILURES: {
    status: 429,
    apiCode: 9,
    message: 'too many unknown keys came from this address; check the key, and try again later',
  },
  NOT_ALLOWED: {
    status: 403,
    apiCode: 10,
    message: 'this consumer may not do that; see read and write in the configuration of the proxy',
  },
  CREDENTIAL_REFUSED: {
    status: 401,
    apiCode: 9,
    message: 'Intervals refused this token a moment ago, so it is not sent again yet',
  },
  METHOD_NOT_FORWARDED: {
    status: 501,
    apiCode: 16,
    message: 'CONNECT and TRACE end here: the one asks for a tunnel, the other shows credentials',
  },
  IDEMPOTENCY_KEY_MALFORMED: {
    status: 400,
    apiCode: 17,
    message:
      'Idempotency-Key is 1 to 255 printable ASCII characters in double quotes, or without them if none is a space, comma, semicolon, quote or backslash; a UUID will do',
  },
  IDEMPOTENCY_IN_FLIGHT: {
    status: 409,
    apiCode: 15,
    message:
      'the first request with this Idempotency-Key is still on its way; repeat this one after the time in Retry-After, with the same key',
  },
  IDEMPOTENCY_UNKNOWN: {
    status: 409,
    apiCode: 15,
    message:
      'the first request with this Idempotency-Key was sent, but no answer came, so it is unknown whether it was carried out; look at the resource, and send it again with a new key only if it was not',
  },
  IDEMPOTENCY_NOT_KEPT: {
    status: 409,
    apiCode: 15,
    message:
      'the first request with this Idempotency-Key was answered, but the answer is not kept; look at the resource, and do not send it again if it is there',
  },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    apiCode: 18,
    message:
      'this Idempotency-Key was used for another request in the last 24 hours; a new request needs a new key, and a repeat the same target, body, Content-Type and Accept',
  },
  BODY_TOO_LARGE: {
    status: 413,
    apiCode: 18,
    message: 'the body is larger than server.bodyLimit; send less or raise the limit',
  },
  HEADERS_TOO_LARGE: {
    status: 431,
    apiCode: 17,
    message: 'the target and the headers are too long together; send less of them',
  },
  REQUEST_TIMEOUT: {
    status: 408,
    apiCode: 20,
    message: 'the request did not arrive whole within a minute',
  },
  EXPECTATION_FAILED: {
    status: 417,
    apiCode: 17,
    message: 'Expect may only be 100-continue; leave it out',
  },
  QUEUE_FULL: {
    status: 429,
    apiCode: 12,
    message: 'the queue is full (limits.queue.maxLength); retry after the time in Retry-After',
  },
  WAIT_TOO_LONG: {
    status: 429,
    apiCode: 12,
    message: 'the next free slot is further away than this request may wait',
  },
  DEADLINE: {
    status: 429,
    apiCode: 12,
    message: 'no slot came free within the time that this request may wait',
  },
  DAY_SPENT: {
    status: 429,
    apiCode: 11,
    message: 'the calls of this day are used up; the next day begins at midnight UTC',
  },
  DAY_KEPT: {
    status: 429,
    apiCode: 11,
    message:
      'the rest of this day is kept for other clients or for writes; it is lent bit by bit before midnight UTC',
  },
  LOOP_DETECTED: { status: 508, apiCode: 20, message: 'upstream.url leads back to this proxy' },
  UPSTREAM_UNREACHABLE: {
    status: 502,
    apiCode: 20,
    message: 'Intervals cannot be reached from the proxy',
  },
  UPSTREAM_UNTRUSTED: {
    status: 502,
    apiCode: 20,
    message:
      'the certificate of the upstream is not trusted; give the authority that signed it as upstream.ca',
  },
  UPSTREAM_BROKE_OFF: {
    status: 502,
    apiCode: 20,
    message: 'the upstream broke off before it had answered',
  },
  UPSTREAM_GARBLED: {
    status: 502,
    apiCode: 20,
    message: 'the upstream answered something that is not HTTP',
  },
  UPSTREAM_TIMEOUT: {
    status: 504,
    apiCode: 20,
    message: 'the upstream did not answer within upstream.timeout',
  },
  NOT_STORED: {
    status: 504,
    apiCode: 20,
    message: 'only-if-cached was asked for, and there is no stored answer',
  },
  PAUSED: {
    status: 503,
    apiCode: 12,
    message: 'the proxy sends nothing to Intervals for now; the message says why and for how long',
  },
  GATEWAY_BUSY: {
    status: 429,
    apiCode: 12,
    message: 'the gateway between this proxy and Intervals is busy; retry after Retry-After',
  },
  GATEWAY_UNAVAILABLE: {
    status: 503,
    apiCode: 20,
    message: 'the gateway between this proxy and Intervals sends no calls now; see its /-/status',
  },
  LEDGER_UNAVAILABLE: {
    status: 503,
    apiCode: 20,
    message: 'the proxy cannot write down a call before it goes out, so it lets none out',
  },
  IDEMPOTENCY_FULL: {
    status: 503,
    apiCode: 20,
    message:
      'the proxy cannot remember more idempotency keys, and forgets none before its 24 hours are over; without a key the request goes out, but is not safe to repeat',
  },
  IDEMPOTENCY_LOST: {
    status: 503,
    apiCode: 20,
    message:
      'the proxy has lost records of idempotency keys, so this may be a repeat of something that was carried out; look at the resource, and send it without a key if it was not',
  },
  OVERLOADED: {
    status: 503,
    apiCode: 20,
    message: 'the proxy has more to do than it can; stored answers are still served',
  },
  DASHBOARD_FULL: {
    status: 503,
    apiCode: 20,
    message: 'too many dashboards are open; close one and reload this page',
  },
  CLOSING: { status: 503, apiCode: 20, message: 'the proxy is stopping' },
  INTERNAL: { status: 500, apiCode: 1, message: 'an error in the proxy; its log has the cause' },
} as const satisfies Readonly<Record<string, Problem>>

export type ProblemCode = keyof typeof PROBLEMS

/** The same word in Cache-Status and in the log. */
export const detailOf = (code: ProblemCode): string => code.toLowerCase().replaceAll('_', '-')

export class ProblemError extends Error {
  readonly code: ProblemCode
  readonly status: number
  /** When it is worth trying again; undefined where that is not known. */
  readonly retryAfterMs: number | undefined
  /** Code of the Intervals error table. */
  readonly apiCode: number

  constructor(
    code: ProblemCode,
    options: {
      readonly retryAfterMs?: number | undefined
      readonly cause?: unknown
      readonly message?: string
      readonly apiCode?: number
    } = {},
  ) {
    const { status, message, apiCode } = PROBLEMS[code]
    super(options.message ?? message, { cause: options.cause })
    this.code = code
    this.status = status
    this.retryAfterMs = options.retryAfterMs
    this.apiCode = options.apiCode ?? apiCode
  }
}

export const PROBLEM_OF_REFUSAL: Readonly<
  Record<Exclude<RefusalReason, 'abandoned'>, ProblemCode>
> = {
  'queue-full': 'QUEUE_FULL',
  'wait-too-long': 'WAIT_TOO_LONG',
  deadline: 'DEADLINE',
  'day-spent': 'DAY_SPENT',
  'day-kept': 'DAY_KEPT',
  paused: 'PAUSED',
  'ledger-unavailable': 'LEDGER_UNAVAILABLE',
  closing: 'CLOSING',
}
