/**
 * @fastify/http-proxy on the Fastify side of a forwarded request: it registers the routes, and its `from`
 * forwards what the cache does not produce. Its HTTP client is replaced by `callUpstream`, so that each of
 * its requests waits for a permit like every other call.
 */

import type { FastifyReply } from 'fastify'
import { discard } from './buffer-body.js'
import type { CallUpstream } from './upstream-call.js'
import type { UpstreamAnswer, UpstreamCall } from './upstream-types.js'

/** Carries a call through http-proxy, which passes on headers and nothing else of ours. */
const CALL = Symbol('upstream call')

interface PendingCall {
  readonly call: UpstreamCall
  readonly settle: (answer: Promise<UpstreamAnswer>) => void
}

/** What http-proxy takes for an undici dispatcher: it asks for one request at a time. */
export function dispatcherFor(callUpstream: CallUpstream): object {
  return {
    request(
      { headers }: { readonly headers: { readonly [CALL]?: PendingCall } },
      done: (error: null, response: object) => void,
    ): void {
      const pending = headers[CALL]
      if (pending === undefined) throw new TypeError('a forwarded request without its call')
      const answer = callUpstream(pending.call)
      pending.settle(answer)
      answer.then(
        ({ status, body }) => {
          // It would destroy the body of an answer whose client has gone; see below for what reads it.
          if (pending.call.signal?.aborted === true) return
          // eslint-disable-next-line promise/no-callback-in-promise -- undici's interface is this callback
          done(null, { statusCode: status, headers: {}, body })
        },
        // It would log the error once more; the pipeline has it from `settle`.
        () => {},
      )
    },
    dispatch() {
      throw new TypeError('requests are forwarded by request() only')
    },
    destroy: async () => {},
    close: async () => {},
  }
}

/**
 * Forwards one call. When the client disconnects after it was sent, this rejects at once and the call goes
 * on to its response headers: the end of a write has to be seen.
 */
export function forwarderOf(
  reply: FastifyReply,
  path: string,
): (call: UpstreamCall) => Promise<UpstreamAnswer> {
  return (call) =>
    new Promise((resolve, reject) => {
      const { signal } = call
      const outlives = call.sending?.outlivesClient === true
      let hasGone = false
      const gone = (): void => {
        hasGone = true
        reject(signal?.reason as Error)
      }
      if (!outlives) signal?.addEventListener('abort', gone, { once: true })
      function settle(answer: Promise<UpstreamAnswer>): void {
        answer
          .finally(() => signal?.removeEventListener('abort', gone))
          .then((response) => {
            if (hasGone) discard(response.body)
            else resolve(response)
          }, reject)
      }
      reply.from(path, {
        // Every attempt needs a permit of its own, so none may be hidden.
        retryDelay: () => null,
        rewriteRequestHeaders: () => ({ [CALL]: { call, settle } }) as never,
        // The answer is a value that goes back through the layers; the writer sends it.
        onResponse: () => {},
        onError: () => {},
      })
    })
}
