/** Clients that add nothing of their own: node:http, and bare sockets for what it refuses to send. */
import { setTimeout } from 'node:timers'
import { request as send, type IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:net'

export interface Ask {
  readonly method?: string
  /** Name of Basic; null: no Authorization at all. */
  readonly token?: string | null
  /** On top of `accept: application/json`; undefined takes a header away. */
  readonly headers?: Readonly<Record<string, string | string[] | undefined>>
  readonly body?: string | Buffer
  /** Aborting it closes the connection. */
  readonly signal?: AbortSignal
  /** How long to wait for the next byte. Default 15 s. */
  readonly patienceMs?: number
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
  readonly text: string
}

export function basic(token: string, password = 'X'): string {
  return `Basic ${Buffer.from(`${token}:${password}`).toString('base64')}`
}

/** Rejects when the answer does not come to its end. One connection per request. */
export function ask(port: number, path: string, request: Ask = {}): Promise<Answer> {
  const { method = 'GET', token = 'agencyadm01', body, signal, patienceMs = 15_000 } = request
  const headers = {
    accept: 'application/json',
    ...(token === null ? {} : { authorization: basic(token) }),
    ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
    ...request.headers,
  }
  const given = Object.entries(headers).filter(([, value]) => value !== undefined)
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, method, agent: false, signal }
    const sent = send({ ...options, headers: Object.fromEntries(given) }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const whole = Buffer.concat(chunks)
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          rawHeaders: response.rawHeaders,
          body: whole,
          text: whole.toString(),
        })
      })
    })
    sent.on('error', reject)
    sent.setTimeout(patienceMs, () => {
      sent.destroy(new Error(`no answer to ${method} ${path} within ${patienceMs} ms`))
    })
    sent.end(body)
  })
}

/** Writes these bytes, and resolves to all that comes back until the connection ends. */
export function sendRaw(port: number, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', () => {})
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')))
  })
}

/** A request of this target exactly, on a connection that ends with the answer. */
export function sendTarget(port: number, target: string, method = 'GET'): Promise<string> {
  const head = [
    `${method} ${target} HTTP/1.1`,
    'host: 127.0.0.1',
    'accept: application/json',
    `authorization: ${basic('agencyadm01')}`,
    'connection: close',
  ]
  return sendRaw(port, Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'))
}

/**
 * Checks until `condition` holds, at first at every turn of the event loop, then every few milliseconds; fails
 * after a while.
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  patienceMs = 15_000,
): Promise<void> {
  const beganAt = performance.now()
  while (!(await condition())) {
    const waitedMs = performance.now() - beganAt
    if (waitedMs > patienceMs) throw new Error(`waited in vain for: ${what}`)
    await new Promise<void>((resolve) => {
      if (waitedMs < 10) setImmediate(resolve)
      else setTimeout(resolve, 3)
    })
  }
}

export interface ErrorBody {
  readonly code: number
  readonly source: string
  readonly error: { readonly code: number; readonly reason: string; readonly message: string }
}

export const problemOf = ({ text }: Answer): ErrorBody => JSON.parse(text) as ErrorBody
