import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

interface Answer {
  readonly status?: number
  readonly body: unknown
}

/** Something that answers in the place of a proxy; keeps what it was asked. */
export async function startStandIn(
  t: Test,
  answer: (path: string, request: IncomingMessage) => Answer,
) {
  const asked: { method: string; path: string; authorization: string | undefined; body: string }[] =
    []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const body = Buffer.concat(chunks).toString()
      asked.push({ method, path: url, authorization: headers.authorization, body })
      const { status = 200, body: answered } = answer(url, request)
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(typeof answered === 'string' ? answered : JSON.stringify(answered))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => new Promise((resolve) => server.close(resolve).closeAllConnections()))
  const { port } = server.address() as AddressInfo
  return { port, url: `http://127.0.0.1:${port}`, asked }
}
