/**
 * The short way of a hit, past Fastify: a read like one that came the long way a moment ago, answered in
 * the turn in which it came. It decides nothing anew. What the long way made of its two halves is
 * remembered (known-heads.ts, known-targets.ts); what may have changed since is asked again each time; and
 * whatever is not the plainest hit goes the long way, see proxy/plugin.ts.
 *
 * What it buys, and how that was measured: docs/decisions/0021-the-hit-path.md.
 */

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { cacheStatus as cacheStatusOf, judge } from '../../cache/index.js'
import type { Lookup } from '../../cache/index.js'
import type { OpenResponses } from '../connections/open-responses.js'
import { limitHeaders } from '../proxy/limit-headers.js'
import type { LimitFacts, LimitHeaders } from '../proxy/limit-headers.js'
import type { Reading } from '../proxy/read.js'
import { MAX_PIECE_BYTES } from '../proxy/send.js'
import { storedAnswer } from '../proxy/stored-answer.js'
import type { Services } from '../services.js'
import { shortHash } from '../access-log.js'
import { countHits } from './count-hits.js'
import type { HitCounters } from './count-hits.js'
import { headText, KnownHeads } from './known-heads.js'
import type { KnownHead } from './known-heads.js'
import { createKnownTargets } from './known-targets.js'
import type { KnownTarget } from './known-targets.js'

/** What a hit needs of the services; a process that only answers hits has no more. */
export interface HitServices
  extends LimitFacts, Pick<Reading, 'policies' | 'fence' | 'writes' | 'accepted' | 'revoked'> {
  readonly deps: Pick<Services['deps'], 'clock'>
  readonly config: object
  readonly log: Services['log']
  readonly store: Pick<Services['store'], 'getNow'>
  readonly gate: Pick<Services['gate'], 'closedForMs'>
  readonly quota: Pick<Services['quota'], 'offer'>
  readonly metrics: HitCounters
  readonly recorder: Pick<Services['recorder'], 'answered'>
  /**
   * Asked in front of all the others: whether what they say is as of now. By default it is, since what is
   * changed is changed in this process.
   */
  readonly isInformed?: () => boolean
}

declare module 'fastify' {
  interface FastifyRequest {
    hitMemo: Memo | null
  }
}

export interface HitsFirstOptions {
  readonly open: OpenResponses
  readonly isClosing: () => boolean
  readonly requestId: (raw: IncomingMessage) => string
}

export function hitsFirst(
  app: FastifyInstance,
  services: HitServices,
  options: HitsFirstOptions,
): void {
  const { open, isClosing, requestId } = options
  const { getNow } = services.store
  const [longWay] = app.server.listeners('request') as RequestListener[]
  if (getNow === undefined || longWay === undefined) return
  const counted = countHits(services.metrics)
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
      request.hitMemo?.heads.learn(request, { exchange, read }, services.log)
    }
    done()
  })

  /** Whether it is answered here, or will be. */
  function takes(request: IncomingMessage, response: ServerResponse): boolean {
    // Without a socket it is behind others of its connection; see one-at-a-time.ts.
    if (request.method !== 'GET' || response.socket === null) return false
    const { heads, targets } = currentMemo()
    const head = heads.get(headText(request))
    if (head === undefined) return false
    const known = targets(request.url ?? '')
    if (known === undefined || !head.resources.has(known.resource)) return false
    if (services.isInformed?.() === false) return false
    const asked = { request, head, known, startedMs: performance.now() }
    const behind = services.writes.caughtUp(head.exchange.account)
    if (behind === undefined) return answer(response, asked)
    const { config } = services
    void behind.then(() => {
      const isSame = services.config === config
      if (!isSame || !answer(response, asked)) longWay?.(request, response)
    })
    return true
  }

  function answer(response: ServerResponse, { request, head, known, startedMs }: Asked): boolean {
    const { socket } = response
    if (socket === null || socket.destroyed || socket.writableEnded || isClosing()) return false
    const rawTarget = request.url ?? ''
    const key = keyOf(head, known)
    const found = lookNow(head, known, key)
    if (found?.kind !== 'hit' || found.entry.body.length > MAX_PIECE_BYTES) return false
    const limits = limitsOf(head.exchange.account)
    if (limits === undefined) return false
    const cacheStatus = { ttlSeconds: found.ttlSeconds }
    const { target } = known
    const exchange = { ...head.exchange, target, rawTarget, outcome: 'hit', cacheStatus } as const
    const id = requestId(request)
    const statusCode = send(response, { head, found, limits, id })
    counted(statusCode)
    const ended = (): void => {
      const elapsedTime = performance.now() - startedMs
      const ms = Math.round(elapsedTime * 10) / 10
      const line = {
        reqId: id,
        path: target.path,
        status: statusCode,
        ms,
        ...cacheStatus,
        key: shortHash(key),
      }
      head.log.info(line, 'request')
      services.recorder.answered({ exchange, id, method: 'GET' }, { statusCode, elapsedTime })
    }
    // As a rule the kernel has all of it by now. Who reads slowly is watched like everybody else.
    if (socket.writableLength === 0) ended()
    else open.watch(response, ended)
    return true
  }

  function keyOf({ exchange, keyHead }: KnownHead, { resource, keyTail }: KnownTarget): string {
    const isShared = services.policies[resource].share === 'account'
    const mayShare = isShared && services.accepted.has(exchange.principal.id)
    return keyHead[mayShare ? 'account' : 'credential'] + keyTail
  }

  /** What the long way asks on each request as well, in its order. Undefined: it has to be asked there. */
  function lookNow(head: KnownHead, known: KnownTarget, key: string): Lookup | undefined {
    const { clock } = services.deps
    const { account, principal, authorization, floorMs, untilMs } = head.exchange
    const { resource } = known
    const nowMs = clock.wallMs()
    if (nowMs >= untilMs) return undefined
    if (services.gate.closedForMs(principal.id, clock.monotonicMs()) !== undefined) return undefined
    services.quota.offer(account, authorization)
    const policy = services.policies[resource]
    const entry = getNow?.(key)
    const refusedAtMs = services.revoked.get(principal.id) ?? -Infinity
    if (entry === undefined || entry.storedAtMs <= refusedAtMs) return undefined
    const { directives } = head
    const { fence } = services
    const floorSeconds = floorMs / 1_000
    return judge(entry, { fence, account, resource, policy, directives, nowMs, floorSeconds })
  }

  /** Undefined where the ledger cannot say: the long way has words for that. */
  function limitsOf(account: string): LimitHeaders | undefined {
    try {
      return limitHeaders(services, account)
    } catch {
      return undefined
    }
  }

  function send(
    response: ServerResponse,
    { head, found, limits, id }: { head: KnownHead; found: Hit; limits: LimitHeaders; id: string },
  ): number {
    const { status, headers, body } = storedAnswer(found.entry, head)
    // Node takes a flat list as it is, where it has set no header before: no object, no look-ups by name.
    const flat: string[] = []
    for (const [name, value] of headers) flat.push(name, value)
    flat.push('age', String(found.ageSeconds), 'x-request-id', id)
    flat.push('cache-status', cacheStatusOf('hit', { ttlSeconds: found.ttlSeconds }))
    flat.push('ratelimit', limits.ratelimit, 'ratelimit-policy', limits['ratelimit-policy'])
    if (body !== undefined) flat.push('content-length', String(body.length))
    response.writeHead(status, flat).end(body)
    return status
  }

  app.server.off('request', longWay)
  app.server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (!takes(request, response)) longWay(request, response)
  })
}

interface Asked {
  readonly request: IncomingMessage
  readonly head: KnownHead
  readonly known: KnownTarget
  readonly startedMs: number
}

type Hit = Extract<Lookup, { kind: 'hit' }>

interface Memo {
  readonly config: object
  readonly heads: KnownHeads
  readonly targets: ReturnType<typeof createKnownTargets>
}

const emptyMemo = ({ config, policies }: HitServices): Memo => ({
  config,
  heads: new KnownHeads(),
  targets: createKnownTargets(policies),
})
