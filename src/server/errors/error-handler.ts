/** The only place where an error becomes an answer. Causes go to the log, never to the consumer. */

import { STATUS_CODES } from 'node:http'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { problemAnswer } from './problem-answer.js'
import { renderProblem } from './problem-body.js'
import { detailOf, ProblemError, PROBLEMS } from './problems.js'
import type { ProblemCode } from './problems.js'
import { knownProblem } from './upstream-problem.js'
import { validationMessage } from './validation-message.js'

export function handleError(
  error: FastifyError | ProblemError | Error,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const { handled } = request
  // An answer that broke off before a byte of it was passed on; its headers are on the reply already.
  const broken = handled?.answer?.cost === undefined ? undefined : knownProblem(error)
  if (broken !== undefined) takeBackHeaders(reply)
  const problem = broken ?? problemOf(error)
  if (problem.code === 'INTERNAL') request.log.error({ err: error }, 'an error in the proxy')
  else if (problem.status >= 500) request.log.warn({ err: problem }, problem.message)
  request.problem = problem.code
  if (handled?.answer !== undefined) {
    handled.answer = { ...handled.answer, cacheStatus: { detail: detailOf(problem.code) } }
  }
  const { status, headers, body } = problemAnswer(problem, request.headers.accept)
  for (const [name, value] of headers) reply.header(name, value)
  return reply.code(status).send(body)
}

function takeBackHeaders(reply: FastifyReply): void {
  for (const name of Object.keys(reply.getHeaders())) {
    reply.removeHeader(name)
    reply.raw.removeHeader(name)
  }
}

function problemOf(error: FastifyError | Error): ProblemError {
  if (error instanceof ProblemError) return error
  const { statusCode } = error as FastifyError
  if (statusCode === 413) return new ProblemError('BODY_TOO_LARGE', { cause: error })
  if (statusCode === 415) {
    const message = 'Content-Type is no media type; send application/json or application/xml'
    return new ProblemError('BAD_REQUEST', { cause: error, message })
  }
  if (statusCode !== undefined && statusCode < 500) {
    const invalid = error as FastifyError
    // Only pages of ours have a schema.
    const options = invalid.validation === undefined ? {} : { message: validationMessage(invalid) }
    return new ProblemError('BAD_REQUEST', { cause: error, ...options })
  }
  return new ProblemError('INTERNAL', { cause: error })
}

const OF_CLIENT_ERRORS: ReadonlyMap<string, ProblemCode> = new Map([
  ['HPE_HEADER_OVERFLOW', 'HEADERS_TOO_LARGE'],
  ['ERR_HTTP_REQUEST_TIMEOUT', 'REQUEST_TIMEOUT'],
])

/** An error of Node's HTTP parser. */
type ClientError = Error & {
  readonly code?: string
  readonly reason?: string
  readonly rawPacket?: unknown
  readonly bytesParsed?: number
}

/** Answers and logs what Node could not read as a request. Its Accept is unknown, so the answer is JSON. */
export function handleClientError(
  this: Pick<FastifyInstance, 'log'>,
  error: ClientError,
  socket: Socket,
): void {
  if (error.code !== 'ECONNRESET' && socket.writable) {
    const code = OF_CLIENT_ERRORS.get(error.code ?? '') ?? 'BAD_REQUEST'
    const message = code === 'BAD_REQUEST' ? reasonOf(error) : PROBLEMS[code].message
    const problem = new ProblemError(code, { message })
    const { status } = problem
    const client = socket.remoteAddress
    this.log.info({ status, problem: code, cause: error.code, client }, `${status} ${message}`)
    refuseRaw(socket, problem)
  }
  socket.destroy(error)
}

function reasonOf({ code, reason, rawPacket, bytesParsed = 0 }: ClientError): string {
  const byte = Buffer.isBuffer(rawPacket) ? (rawPacket[bytesParsed] ?? 0) : 0
  if (code === 'HPE_INVALID_URL' && byte > 0x7f) {
    return 'the request target contains a byte that is not ASCII; percent-encode it, e.g. %C3%BC for ü'
  }
  return `the request is not valid HTTP${reason === undefined ? '' : ` (${reason})`}`
}

/** Writes an answer past the parser, unless it would be taken for the answer to something else. */
export function refuseRaw(socket: Socket, problem: ProblemError): void {
  // Node's own handler looks there too: the request whose turn it is.
  const { _httpMessage: open } = socket as { _httpMessage?: ServerResponse | null }
  const isForIt = open === undefined || open === null || (!open.headersSent && !open.req.complete)
  if (socket.writable && isForIt) {
    const { contentType, body } = renderProblem(problem, '*/*')
    const head = [
      `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
      `content-type: ${contentType}`,
      `content-length: ${Buffer.byteLength(body)}`,
      'connection: close',
    ]
    socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
  }
}
