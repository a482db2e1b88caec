/**
 * What a worker does not answer itself goes to the primary as it came, and the answer back as it comes:
 * byte for byte but for what is of the connection, both bodies as streams, and each end's end is the
 * other's.
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

/** Made anew for the connection to the consumer. */
const OF_THE_CONNECTION: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
])
/** HTTP/1.0 needs no Host; this one is nobody's. */
const NO_HOST = 'host.invalid'
const RETRY_AFTER_MS = 1_000

export function createRelay(socketPath: string): Relay {
  const agents = new WeakMap<Socket, Agent>()

  function agentFor(consumer: Socket): Agent {
    const known = agents.get(consumer)
    if (known !== undefined) return known
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    // Taken now: of a socket that has been closed meanwhile nobody knows whose it was.
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
        // An answer may come before the whole request was taken, and is the better of the two.
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
  // Otherwise Node would announce a body that nobody has sent.
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
  // That connection is this one's other half: who ends it means this one.
  if (headers.connection === 'close') outgoing.shouldKeepAlive = false
  outgoing.writeHead(statusCode, statusMessage, kept)
  answer.once('error', () => cutOff(outgoing))
  answer.pipe(outgoing)
}

/** The primary is gone, and so this process will be in a moment. */
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
