/**
 * Requests that a worker does not answer itself go to the primary, and the answers back: byte for byte
 * except for the headers of the connection. Both bodies are streamed, and the end of one connection ends
 * the other.
 */

import { Agent, request } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { pipeline } from 'node:stream'
import { renderProblem } from '../server/errors/problem-body.js'
import { ProblemError } from '../server/errors/problems.js'
import { cutOff } from '../server/pipeline/write-answer.js'
import { peerLine } from './relayed-peer.js'

export interface Relay {
  pass(incoming: IncomingMessage, outgoing: ServerResponse): void
}

/** These headers belong to one connection, so the other one gets its own. */
const OF_THE_CONNECTION: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
])
/** HTTP/1.0 needs no Host, but Node does; this name belongs to no host. */
const NO_HOST = 'host.invalid'
const RETRY_AFTER_MS = 1_000

export function createRelay(socketPath: string): Relay {
  const agents = new WeakMap<Socket, Agent>()

  function agentFor(consumer: Socket): Agent {
    const known = agents.get(consumer)
    if (known !== undefined) return known
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    // Taken now, because a closed socket has forgotten its peer.
    const line = peerLine(consumer)
    agent.createConnection = () => {
      const socket = connect(socketPath)
      socket.write(line)
      return socket
    }
    agents.set(consumer, agent)
    consumer.once('close', () => agent.destroy())
    return agent
  }

  return {
    pass(incoming, outgoing) {
      const passed = request({
        agent: agentFor(incoming.socket),
        method: incoming.method,
        path: incoming.url,
        setHost: false,
        headers: headersOf(incoming) as unknown as Record<string, string>,
      })
      let isAnswered = false
      passed.once('response', (answer) => {
        isAnswered = true
        answerWith(outgoing, answer)
      })
      outgoing.once('close', () => {
        if (!outgoing.writableFinished) passed.destroy()
      })
      pipeline(incoming, passed, (error) => {
        // The answer may come before the request has been read to its end, and then it counts.
        if (error && !isAnswered) passed.destroy()
      })
      passed.on('error', () => {
        if (!isAnswered) refuse(incoming, outgoing)
      })
    },
  }
}

function headersOf({ rawHeaders, headers, method }: IncomingMessage): readonly string[] {
  const all = [...rawHeaders]
  if (headers.host === undefined) all.push('host', NO_HOST)
  const hasLength = 'content-length' in headers || 'transfer-encoding' in headers
  // Otherwise Node would announce a body that the client has not sent.
  if (!hasLength && method !== 'GET' && method !== 'HEAD') all.push('content-length', '0')
  return all
}

function answerWith(outgoing: ServerResponse, answer: IncomingMessage): void {
  const { rawHeaders, statusCode = 502, statusMessage = '', headers } = answer
  const kept: string[] = []
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2)
    if (!OF_THE_CONNECTION.has(name.toLowerCase())) kept.push(name, value)
  }
  // That connection is the other half of this one, so its end is this one's.
  if (headers.connection === 'close') outgoing.shouldKeepAlive = false
  outgoing.writeHead(statusCode, statusMessage, kept)
  answer.once('error', () => cutOff(outgoing))
  answer.pipe(outgoing)
}

/** The primary is gone, and this process will end in a moment. */
function refuse({ headers }: IncomingMessage, outgoing: ServerResponse): void {
  if (outgoing.headersSent || outgoing.destroyed) {
    outgoing.destroy()
    return
  }
  const { status, ...problem } = renderedClosing(headers.accept)
  outgoing.shouldKeepAlive = false
  outgoing.writeHead(status, {
    'content-type': problem.contentType,
    'retry-after': String(RETRY_AFTER_MS / 1_000),
  })
  outgoing.end(problem.body)
}

function renderedClosing(accept: string | undefined) {
  const problem = new ProblemError('CLOSING')
  return { status: problem.status, ...renderProblem(problem, accept) }
}
