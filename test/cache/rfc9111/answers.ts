/** Answers to store, made short. */
import {
  cachePolicy,
  createHttpEntry,
  lifetimeOf,
  selectingOf,
  type HeaderList,
  type HttpEntry,
  type RequestHeaders,
} from '../../../src/cache/index.js'

/** An ordinary moment, epoch milliseconds. */
export const NOW_MS = Date.UTC(2026, 4, 1, 12)

export interface Answer {
  readonly target?: string
  readonly status?: number
  readonly headers?: HeaderList
  readonly body?: string
  /** What it was an answer to. */
  readonly request?: RequestHeaders
  readonly delayMs?: number
  readonly receivedAtMs?: number
}

export function entryOf(answer: Answer = {}): HttpEntry {
  const { target = '/a', status = 200, headers = [['cache-control', 'max-age=60']] } = answer
  const { body = 'body', request = {}, delayMs = 0, receivedAtMs = 0 } = answer
  const arrival = { receivedAtWallMs: NOW_MS, delayMs }
  const policy = cachePolicy(headers)
  const vary = headers.flatMap(([name, value]) => (name === 'vary' ? [value] : []))
  return createHttpEntry({
    target,
    status,
    headers,
    body: Buffer.from(body),
    selecting: selectingOf(vary, request) ?? [],
    policy,
    lifetime: lifetimeOf({ status, headers, policy }, arrival),
    arrival,
    receivedAtMs,
  })
}
