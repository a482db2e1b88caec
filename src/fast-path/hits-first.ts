/**
 * The short way of a hit, past Fastify: a read like one that came the long way a moment ago, answered in
 * the turn in which it came. It decides nothing anew. What the long way made of its two halves is
 * remembered (known-heads.ts, known-targets.ts); what may have changed since is asked again each time
 * (look.ts); and whatever is not the plainest hit goes the long way, see proxy/plugin.ts. The next one
 * whose very bytes are the same need not even be parsed, see hits-by-bytes.ts.
 *
 * What it buys, and how that was measured: docs/decisions/0021-the-hit-path.md.
 */

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { cacheStatus } from '../cache/index.js'
import type { OpenResponses } from '../server/edge/connections/open-responses.js'
import { MAX_PIECE_BYTES } from '../server/proxy/send.js'
import { storedAnswer } from '../server/proxy/stored-answer.js'
import { hitsByBytes } from './hits-by-bytes.js'
import { KnownRequests } from './known-bytes.js'
import { headText, KnownHeads } from './known-heads.js'
import type { KnownHead } from './known-heads.js'
import { KnownRead } from './known-read.js'
import { createKnownTargets } from './known-targets.js'
import { createHitLook } from './look.js'
import type { FoundHit, HitServices } from './look.js'

declare module 'fastify' {
  interface FastifyRequest {
    hitMemo: Memo | null
  }
}

export interface HitsFirstOptions {
  readonly open: OpenResponses
  readonly isClosing: () => boolean
  readonly requestId: (raw: Pick<IncomingMessage, 'headers'>) => string
}

export function hitsFirst(
  app: FastifyInstance,
  services: HitServices,
  options: HitsFirstOptions,
): void {
  const { open, isClosing, requestId } = options
  const [longWay] = app.server.listeners('request') as RequestListener[]
  if (services.store.getNow === undefined || longWay === undefined) return
  const look = createHitLook(services)
  let memo = emptyMemo(services)

  /** With another configuration everything is read anew. */
  function currentMemo(): Memo {
    if (memo.config !== services.config) memo = emptyMemo(services)
    return memo
  }

  app.decorateRequest('hitMemo', null)
  // Before anybody asks who this is: what is learnt under one configuration must not be known in the next.
  app.addHook('onRequest', (request, _reply, done) => {
    request.hitMemo = currentMemo()
    done()
  })
  app.addHook('onResponse', (request, _reply, done) => {
    const { exchange, cachedRead: read } = request
    if (request.method === 'GET' && exchange?.outcome === 'hit' && read?.found.kind === 'hit') {
      request.hitMemo?.heads.learn(request, { exchange, read })
    }
    done()
  })

  const bytes = hitsByBytes(app.server, {
    open,
    look,
    requestId,
    known: () => currentMemo().requests,
    caughtUp: (read) => services.writes.caughtUp(read.head.exchange.account),
    find(read) {
      if (services.isInformed?.() === false || isClosing()) return undefined
      return look.find(read)
    },
  })

  /** Whether it is answered here, or will be. */
  function takes(request: IncomingMessage, response: ServerResponse): boolean {
    // Without a socket it is behind others of its connection; see one-at-a-time.ts.
    if (request.method !== 'GET' || response.socket === null) return false
    const startedMs = performance.now()
    const { heads, readOf } = currentMemo()
    const head = heads.get(headText(request))
    const read = head && readOf(head, request.url ?? '')
    if (read === undefined || services.isInformed?.() === false) return false
    bytes.known(request, response, read.head)
    const behind = services.writes.caughtUp(read.head.exchange.account)
    if (behind === undefined) return answer(response, { read, startedMs })
    const { config } = services
    void behind.then(() => {
      const isSame = services.config === config
      if (!isSame || !answer(response, { read, startedMs })) longWay?.(request, response)
    })
    return true
  }

  function answer(
    response: ServerResponse,
    { read, startedMs }: { read: KnownRead; startedMs: number },
  ): boolean {
    const { socket } = response
    if (socket === null || socket.destroyed || socket.writableEnded || isClosing()) return false
    const found = look.find(read)
    if (found === undefined || found.hit.entry.body.length > MAX_PIECE_BYTES) return false
    const id = requestId(read.head)
    const statusCode = send(response, found, id)
    const ended = (): void => look.ended(found, { id, statusCode, startedMs })
    // As a rule the kernel has all of it by now. Who reads slowly is watched like everybody else.
    if (socket.writableLength === 0) ended()
    else open.watch(response, ended)
    return true
  }

  app.server.off('request', longWay)
  app.server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (!takes(request, response)) longWay(request, response)
  })
}

function send(response: ServerResponse, { read, hit, limits }: FoundHit, id: string): number {
  const { ageSeconds, ttlSeconds } = hit
  const { status, headers, body } = storedAnswer(hit.entry, read.head)
  // Node takes a flat list as it is, where it has set no header before: no object, no look-ups by name.
  const flat: string[] = []
  for (const [name, value] of headers) flat.push(name, value)
  flat.push('age', String(ageSeconds), 'x-request-id', id)
  flat.push('cache-status', cacheStatus('hit', { ttlSeconds }))
  flat.push('ratelimit', limits.ratelimit, 'ratelimit-policy', limits['ratelimit-policy'])
  if (body !== undefined) flat.push('content-length', String(body.length))
  response.writeHead(status, flat).end(body)
  return status
}

interface Memo {
  readonly config: object
  readonly heads: KnownHeads
  readonly requests: KnownRequests
  readonly readOf: (head: KnownHead, rawTarget: string) => KnownRead | undefined
}

function emptyMemo({ config, policies }: HitServices): Memo {
  const targets = createKnownTargets(policies)
  const readOf: Memo['readOf'] = (head, rawTarget) => {
    const known = targets(rawTarget)
    if (known === undefined || !head.resources.has(known.resource)) return undefined
    return new KnownRead(head, known, rawTarget)
  }
  return { config, readOf, heads: new KnownHeads(), requests: new KnownRequests(readOf) }
}
