/**
 * Whether Node's parser stands between two requests of a connection, as seen from outside. While it does,
 * the next byte starts a request; see raw-request-path.ts.
 *
 * The answer is yes only when it is certain: all bytes of one request have arrived, and no byte beyond its
 * head and its Content-Length. A client that pipelines, or sends a head in parts, gets the parser for good.
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HeadTemplate } from './head-templates.js'

/** Longer ones are seldom the heads of what we know. */
const MAX_HEAD_BYTES = 4_096
/** Whatever a lenient reader takes for the end of a head has this form. */
const END_OF_HEAD = /\r?\n\r?\n/u

export class ConnectionState {
  /** All bytes so far were whole requests. Not so before the first: Node times its head. */
  isBetween = false
  #isLost = false
  #response: ServerResponse | undefined
  #last: IncomingMessage | undefined
  #seen = 0
  #bytes = 0
  #headBytes: number | undefined
  #hit: HeadTemplate | undefined
  #isFirst = true

  /** Node tells of a request; before `read` returns to its caller. */
  requested(request: IncomingMessage, response: ServerResponse): void {
    this.#seen++
    this.#last = request
    this.#response = response
  }

  /** Nothing of the parser's is still to be sent: answers go out in order, so the last one says it of all. */
  isAnswered(): boolean {
    if (this.#response?.writableFinished === true) this.#response = undefined
    return this.#response === undefined
  }

  /** The head of the last one is known. */
  known(head: HeadTemplate): void {
    this.#hit = head
  }

  /** The parser is about to get this. */
  reading(chunk: Buffer): void {
    if (this.#isLost) return
    if (this.isBetween || this.#isFirst) {
      this.#seen = 0
      this.#bytes = 0
      this.#headBytes = headBytes(chunk)
    }
    this.#isFirst = false
    this.isBetween = false
    this.#hit = undefined
    this.#bytes += chunk.length
  }

  /** The parser has read it. Returns what was known of them, if they were just one request. */
  read(): HeadTemplate | undefined {
    if (this.#isLost) return undefined
    const request = this.#last
    const bodyBytes = request === undefined ? undefined : declaredBytes(request)
    const headLength = this.#headBytes
    const isOne = this.#seen === 1 && headLength !== undefined && bodyBytes !== undefined
    const leftBytes = isOne ? headLength + bodyBytes - this.#bytes : -1
    // Nothing of a body is missing, and there is nothing behind it.
    this.isBetween = leftBytes === 0 && request?.complete === true
    this.#isLost = leftBytes < 0 || (leftBytes === 0 && !this.isBetween)
    if (leftBytes <= 0) this.#last = undefined
    return this.isBetween ? this.#hit : undefined
  }
}

function headBytes(chunk: Buffer): number | undefined {
  const text = chunk.toString('latin1', 0, MAX_HEAD_BYTES)
  const end = END_OF_HEAD.exec(text)
  // An empty line before the request line is skipped, and so no end.
  return end?.[0] === '\r\n\r\n' && end.index > 0 ? end.index + 4 : undefined
}

/** Undefined: nobody can say before it has ended. */
function declaredBytes({ headers }: IncomingMessage): number | undefined {
  if (headers['transfer-encoding'] !== undefined || headers.upgrade !== undefined) return undefined
  return Number(headers['content-length'] ?? 0)
}
