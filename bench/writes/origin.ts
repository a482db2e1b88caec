/** An origin of forty lines: everything may be cached for a minute, by credential; PUT makes it newer. */

import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Origin {
  readonly url: string
  readonly port: number
  /** GETs since the last look. */
  calls(): number
  /** GETs of this path are answered with what is true now, but not before the returned is called. */
  hold(path: string, count: number): () => void
  /** What GETs below this path get in the place of an answer. */
  fail(path: string, how: 'unavailable' | 'limit' | undefined): void
  close(): Promise<void>
}

export async function startOrigin(): Promise<Origin> {
  let version = 1
  let calls = 0
  const failing = new Map<string, 'unavailable' | 'limit'>()
  const holds = new Map<string, { left: number; released: Promise<void> }>()

  const server = createServer((request, response) => {
    void answer(request, response)
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url: path = '/' } = request
    request.resume()
    if (method === 'PUT') {
      version++
      response.writeHead(202, { 'content-type': 'application/json' }).end(`{"version":${version}}`)
      return
    }
    calls++
    const failure = [...failing].find(([prefix]) => path.startsWith(prefix))?.[1]
    const body = JSON.stringify({ version, path, for: request.headers.authorization })
    const held = holds.get(path)
    if (held !== undefined && held.left-- > 0) await held.released
    else await new Promise((resolve) => setTimeout(resolve, 20))
    if (failure !== undefined) {
      const status = failure === 'limit' ? 429 : 503
      response.writeHead(status, {
        'content-type': 'application/json',
        ...(failure === 'limit' && { 'retry-after': '60' }),
      })
      const code = failure === 'limit' ? 12 : 20
      response.end(`{"status":"Error","error":{"code":"${code}","message":"not now"}}`)
      return
    }
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'cache-control': `public, max-age=${path.startsWith('/milestone/') ? 1 : 60}`,
      vary: 'Authorization',
    })
    response.end(body)
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    calls() {
      const seen = calls
      calls = 0
      return seen
    },
    hold(path, count) {
      let release = (): void => {}
      const released = new Promise<void>((resolve) => (release = resolve))
      holds.set(path, { left: count, released })
      return release
    },
    fail(path, how) {
      if (how === undefined) failing.delete(path)
      else failing.set(path, how)
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
