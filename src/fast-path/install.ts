/**
 * The fast path of a hit, before Fastify: a request like one that was a hit on the slow path a moment ago is
 * answered in the turn in which it arrives. It decides nothing on its own. What the slow path made of the two
 * halves of a request is remembered (head-templates.ts, target-cache.ts); whatever may have changed since is
 * asked again each time (hit-lookup.ts); and anything but a plain fresh hit takes the slow path, see
 * ../server/pipeline. A request whose exact bytes are known need not even be parsed: raw-request-path.ts.
 *
 * What it gains, and how that was measured: docs/decisions/0021-the-hit-path.md.
 */

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { FastPathOptions, FastPathPorts } from '../server/ports/pipeline-features.js'
import { MAX_PIECE_BYTES } from '../server/pipeline/write-answer.js'
import { headText, HeadTemplates } from './head-templates.js'
import type { HeadTemplate } from './head-templates.js'
import { hitHeaders } from './hit-headers.js'
import { createHitLookup } from './hit-lookup.js'
import type { FoundHit } from './hit-lookup.js'
import { RawRequestCache } from './raw-request-cache.js'
import { rawRequestPath } from './raw-request-path.js'
import { RequestTemplate } from './request-template.js'
import { createTargetCache } from './target-cache.js'

declare module 'fastify' {
  interface FastifyRequest {
    hitMemo: Memo | null
  }
}

export function installFastPath(
  app: FastifyInstance,
  ports: FastPathPorts,
  { open, isClosing, requestId }: FastPathOptions,
): void {
  const { runtime, writes, isInformed = () => true } = ports
  const [slowPath] = app.server.listeners('request') as RequestListener[]
  if (ports.store.getNow === undefined || slowPath === undefined) return
  const lookup = createHitLookup(ports)
  let memo = emptyMemo(runtime)

  function currentMemo(): Memo {
    if (memo.config !== runtime.config) memo = emptyMemo(runtime)
    return memo
  }

  app.decorateRequest('hitMemo', null)
  // Before the client is identified: what is learnt under one configuration must not be known in the next.
  app.addHook('onRequest', (request, _reply, done) => {
    request.hitMemo = currentMemo()
    done()
  })
  app.addHook('onResponse', (request, _reply, done) => {
    const { handled, hitMemo } = request
    if (request.method === 'GET' && handled?.answer?.outcome === 'hit') {
      hitMemo?.heads.learn(request.raw, handled.request, request.ip)
    }
    done()
  })

  const bytes = rawRequestPath(app.server, {
    open,
    lookup,
    requestId,
    known: () => currentMemo().requests,
    caughtUp: ({ client }) => writes.caughtUp(client.account),
    find: (template) => (isInformed() && !isClosing() ? lookup.find(template) : undefined),
  })

  /** Whether it is answered here, or will be. */
  function takes(request: IncomingMessage, response: ServerResponse): boolean {
    // Without a socket it is behind other requests of its connection; see one-at-a-time.ts.
    if (request.method !== 'GET' || response.socket === null) return false
    const startedMs = performance.now()
    const { heads, templateOf } = currentMemo()
    const head = heads.get(headText(request))
    const template = head && templateOf(head, request.url ?? '')
    if (template === undefined || !isInformed()) return false
    bytes.known(request, response, template.head)
    const behind = writes.caughtUp(template.client.account)
    if (behind === undefined) return answer(response, template, startedMs)
    const { config } = runtime
    void behind.then(() => {
      const isSame = runtime.config === config
      if (!isSame || !answer(response, template, startedMs)) slowPath?.(request, response)
    })
    return true
  }

  function answer(response: ServerResponse, template: RequestTemplate, startedMs: number): boolean {
    const { socket } = response
    if (socket === null || socket.destroyed || socket.writableEnded || isClosing()) return false
    const found = lookup.find(template)
    if (found === undefined || found.hit.entry.body.length > MAX_PIECE_BYTES) return false
    const id = requestId(template.head)
    const statusCode = send(response, found, id)
    const ended = (): void => lookup.ended(found, { id, statusCode, startedMs })
    // As a rule the kernel has all of it by now. Slow readers are watched like all others.
    if (socket.writableLength === 0) ended()
    else open.watch(response, ended)
    return true
  }

  app.server.off('request', slowPath)
  app.server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (!takes(request, response)) slowPath(request, response)
  })
}

function send(response: ServerResponse, found: FoundHit, id: string): number {
  const { status, headers, body } = hitHeaders(found)
  // Node takes a flat list as it is, where it has set no header before: no object, no lookups by name.
  response.writeHead(status, [...headers.flat(), 'x-request-id', id]).end(body)
  return status
}

interface Memo {
  readonly config: object
  readonly heads: HeadTemplates
  readonly requests: RawRequestCache
  readonly templateOf: (head: HeadTemplate, rawTarget: string) => RequestTemplate | undefined
}

function emptyMemo({ config, policies }: FastPathPorts['runtime']): Memo {
  const targets = createTargetCache(policies)
  const templateOf: Memo['templateOf'] = (head, rawTarget) => {
    const known = targets(rawTarget)
    if (known === undefined || !head.resources.has(known.resource)) return undefined
    return new RequestTemplate(head, known, rawTarget)
  }
  return {
    config,
    templateOf,
    heads: new HeadTemplates(),
    requests: new RawRequestCache(templateOf),
  }
}
