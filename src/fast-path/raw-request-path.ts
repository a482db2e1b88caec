/**
 * Hits before node:http. A request whose bytes are those of one that was just answered as a hit need not
 * be parsed to be understood: its answer is looked for and written at once. Everything else goes to
 * Node's parser untouched; so does all of a connection on which it is not sure where a request begins.
 *
 * What it buys: half of the processor time of a hit, see docs/decisions/0024-hits-by-their-bytes.md.
 */

import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { Server as TlsServer } from 'node:tls'
import type { Socket } from 'node:net'
import type { OpenResponses } from '../server/edge/connections/open-responses.js'
import { ConnectionState } from './connection-state.js'
import { responseHead } from './response-head.js'
import type { HeadTemplate } from './head-templates.js'
import type { RawRequestCache } from './raw-request-cache.js'
import type { RequestTemplate } from './request-template.js'
import type { FoundHit, HitLookup } from './hit-lookup.js'
import { writeResponse } from './write-response.js'

export interface RawRequestPathOptions {
  readonly open: OpenResponses
  readonly lookup: Pick<HitLookup, 'ended'>
  /** Of the configuration as it is now. */
  readonly known: () => RawRequestCache
  /** What has to be waited for before it can be looked for. */
  readonly caughtUp: (read: RequestTemplate) => Promise<unknown> | undefined
  /** The hit for what is known, if it is one now. */
  readonly find: (read: RequestTemplate) => FoundHit | undefined
  readonly requestId: (raw: Pick<IncomingMessage, 'headers'>) => string
}

export interface RawRequestPath {
  /** The head of this request is known. */
  known(request: IncomingMessage, response: ServerResponse, head: HeadTemplate): void
}

/** Before the server listens. */
export function rawRequestPath(server: Server, options: RawRequestPathOptions): RawRequestPath {
  const { open, lookup, known, caughtUp, find, requestId } = options
  const states = new WeakMap<Socket, ConnectionState>()
  const hold = holdIdle(server, open)

  function attach(socket: Socket): void {
    const [parse, ...others] = socket.listeners('data') as ((chunk: Buffer) => void)[]
    // Where connections come in another way, Node has none yet, and none of this is possible.
    if (parse === undefined || others.length > 0) return
    const state = new ConnectionState()
    const peer = `${socket.remoteAddress}`
    const connection = connectionLines(server)
    /** What has come while it is asked whether the request before it can be answered here. */
    let waiting: Buffer[] | undefined
    states.set(socket, state)
    socket.on('data', receive)
    socket.off('data', parse)

    function receive(chunk: Buffer): void {
      if (waiting !== undefined) {
        waiting.push(chunk)
        socket.pause()
      } else if (!state.isBetween || !state.isAnswered() || !takes(chunk)) toParser(chunk)
    }

    function toParser(chunk: Buffer): void {
      state.reading(chunk)
      parse?.call(socket, chunk)
      const head = state.read()
      if (head !== undefined) known().learn(peer, chunk, head)
    }

    function takes(chunk: Buffer): boolean {
      const startedMs = performance.now()
      const requests = known()
      const read = requests.find(peer, chunk)
      if (read === undefined) return false
      const behind = caughtUp(read)
      if (behind === undefined) return answers(read, startedMs)
      const free = occupy()
      void behind.then(() =>
        free(() => {
          if (known() !== requests || !answers(read, startedMs)) toParser(chunk)
        }),
      )
      return true
    }

    /** Until what is returned is called, nothing that comes is looked at. */
    function occupy(): (then: () => void) => void {
      waiting = []
      const release = hold(socket)
      return (then) => {
        const held = waiting ?? []
        waiting = undefined
        if (!socket.destroyed) then()
        release()
        if (socket.destroyed) return
        socket.resume()
        for (const one of held) receive(one)
      }
    }

    function answers(read: RequestTemplate, startedMs: number): boolean {
      if (socket.writableLength > 0 || !socket.writable) return false
      const found = find(read)
      if (found === undefined) return false
      const block = responseHead(found, connection)
      if (block === undefined) return false
      const id = requestId(read.head)
      const { statusCode, body } = block
      const head = block.beforeId + id + block.afterId
      const ended = (): void => lookup.ended(found, { id, statusCode, startedMs })
      const isTaken = writeResponse(socket, { head, body }, () => {
        ended()
        // Nobody else may write before the rest of it, so nothing is read either.
        free?.(() => {})
      })
      const free = isTaken ? undefined : occupy()
      if (isTaken) ended()
      else socket.pause()
      return true
    }
  }

  server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', attach)
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    states.get(request.socket)?.requested(request, response)
  })
  return {
    known(request, response, head) {
      const { headers } = request
      // Said in the answer, and so not to be said otherwise by the next one.
      if (!response.shouldKeepAlive || headers.expect !== undefined) return
      states.get(request.socket)?.known(head)
    },
  }
}

/**
 * Node closes connections on which its parser waits for nothing when room is needed and at the end. While an
 * answer that it knows nothing of is under way on one, it has to wait with that.
 */
function holdIdle(
  server: Server,
  open: Pick<OpenResponses, 'hold'>,
): (socket: Socket) => () => void {
  const closeIdle = server.closeIdleConnections.bind(server)
  let held = 0
  let isWanted = false
  server.closeIdleConnections = () => {
    isWanted = held > 0
    if (!isWanted) closeIdle()
  }
  return (socket) => {
    const release = open.hold(socket)
    held++
    return () => {
      held--
      release()
      if (isWanted) server.closeIdleConnections()
    }
  }
}

/** As node:http writes them. */
function connectionLines({ keepAliveTimeout }: Server): string {
  const seconds = Math.floor(keepAliveTimeout / 1_000)
  const lines = 'Connection: keep-alive\r\n'
  return seconds > 0 ? `${lines}Keep-Alive: timeout=${seconds}\r\n` : lines
}
