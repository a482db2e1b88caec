/** What goes past the store: every method but GET, and reads that ask for it. HEAD and writes leave traces. */

import type { FastifyReply, FastifyRequest } from 'fastify'
import { freshened, headVerdict, httpUnstorable, isWrite } from '../../cache/index.js'
import { readBody } from '../proxy/read-body.js'
import { callUpstream, MaybeExecutedError } from './call.js'
import type { UpstreamAnswer } from './call.js'
import type { HttpExchange } from './exchange.js'
import { maxForwards, withVia } from './headers.js'
import { interimTo } from './interim.js'
import { sendUpstream } from './send.js'
import type { HttpServices } from './services.js'
import { keepPost, outdate } from './write.js'

export async function pass(
  http: HttpServices,
  request: FastifyRequest,
  reply: FastifyReply,
  { exchange, signal }: { exchange: HttpExchange; signal: AbortSignal },
): Promise<void> {
  const { proxy, request: asked, bypass } = exchange
  const { method, target } = asked
  const { deps } = http.all
  const deadlineMs = deps.clock.monotonicMs() + proxy.maxWaitMs
  const hops = maxForwards(method, asked.headers)
  if (hops.kind === 'last') {
    // RFC 9110 §7.6.2: it ends here. What we would say to TRACE is nobody's business.
    reply
      .code(method === 'OPTIONS' ? 204 : 405)
      .header('allow', 'GET, HEAD, OPTIONS')
      .send()
    return
  }
  const body = await readBody(http.all, request, reply)
  const isUnsafe = isWrite(method)
  let generation = 0
  try {
    const answer = await callUpstream(http.all, proxy, {
      method,
      headers: {
        ...asked.headers,
        ...(hops.kind === 'left' && { 'max-forwards': String(hops.hops) }),
        via: withVia(asked.headers['via'], request.raw.httpVersion),
      },
      body,
      deadlineMs,
      signal,
      // A write that has left goes on to its end, which somebody has to see.
      ...(!isUnsafe && { cut: signal }),
      onSend: () => (generation = http.store.generation(target)),
      onInterim: interimTo(request, reply),
    })
    proxy.cacheStatus = { ...proxy.cacheStatus, fwdStatus: answer.status }
    if (isUnsafe) {
      const current = outdate(http, request, { exchange, answer, generation })
      const kept =
        current === undefined ? undefined : await keepPost(http, exchange, answer, current)
      sendUpstream(request, reply, { ...answer, body: kept ?? answer.body })
      return
    }
    if (method === 'HEAD' && bypass === undefined) freshenByHead(http, exchange, answer, generation)
    sendUpstream(request, reply, answer)
  } catch (error) {
    if (!(error instanceof MaybeExecutedError)) throw error
    // Nobody knows whether it was done, so what is stored may be old.
    if (isUnsafe) http.store.outdate(target)
    throw error.problem
  }
}

/** RFC 9111 §4.3.5. */
function freshenByHead(
  { store }: HttpServices,
  { request: { target, headers } }: HttpExchange,
  answer: UpstreamAnswer,
  generation: number,
): void {
  const entry = store.select(target, headers)
  if (answer.status !== 200 || entry?.status !== 200) return
  if (store.generation(target) !== generation) return
  const fresh = freshened(entry, answer)
  const objection = httpUnstorable({
    ...fresh,
    lifetime: { lifetimeMs: fresh.lifetimeMs, isExplicit: true },
    isAuthorized: headers['authorization'] !== undefined,
    isSelectable: true,
  })
  if (objection === 'authorization') return
  if (objection !== undefined || headVerdict(entry, answer.headers) === 'other') {
    store.expire(entry)
  } else store.replace(entry, fresh)
}
