/**
 * What the caches are compared with, each as a process of its own: the origin, bare node:http, bare
 * Fastify, and undici's cache interceptor behind Fastify. Arguments: kind, port, then options.
 */

import { createServer } from 'node:http'
import Fastify from 'fastify'
import { Agent, cacheStores, interceptors, request as ask } from 'undici'
import { answerOf } from './answer.js'

const [kind = '', portText = '', ...options] = process.argv.slice(2)
const port = Number(portText)
const isLogging = options.includes('--log')
const origin = options.find((option) => option.startsWith('http://')) ?? ''

switch (kind) {
  case 'origin':
    startOrigin()
    break
  case 'node':
    startNode()
    break
  case 'fastify':
    await startFastify()
    break
  case 'undici':
    await startUndici()
    break
  default:
    throw new TypeError(`no server ${kind}`)
}

/** Everything may be cached for an hour by anybody; counts what it was asked. */
function startOrigin(): void {
  let asked = 0
  createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
    if (request.url === '/asked') {
      response.end(String(asked))
      return
    }
    asked++
    const { headers, body } = answerOf(request.url)
    response.writeHead(200, { ...headers, 'cache-control': 'public, max-age=3600' }).end(body)
  }).listen(port, '127.0.0.1')
}

/** Of a 304: wrk waits for as many bytes as a Content-Length says, and none will come. */
const unchanged = ({ etag }: { readonly etag: string }): { readonly etag: string } => ({ etag })

function startNode(): void {
  createServer((request, response) => {
    const { headers, body } = answerOf(request.url)
    if (request.headers['if-none-match'] === headers.etag)
      response.writeHead(304, unchanged(headers)).end()
    else response.writeHead(200, headers).end(body)
  }).listen(port, '127.0.0.1')
}

async function startFastify(): Promise<void> {
  const app = Fastify({ logger: isLogging })
  app.get('/*', (request, reply) => {
    const { headers, body } = answerOf(request.raw.url)
    if (request.headers['if-none-match'] === headers.etag) {
      return reply.code(304).headers(unchanged(headers)).send()
    }
    return reply.headers(headers).send(body)
  })
  await app.listen({ port, host: '127.0.0.1' })
}

async function startUndici(): Promise<void> {
  const dispatcher = new Agent().compose(
    interceptors.cache({ store: new cacheStores.MemoryCacheStore({ maxSize: 256 * 2 ** 20 }) }),
  )
  const app = Fastify({ logger: isLogging })
  app.get('/*', async (request, reply) => {
    const { authorization = '', accept = '' } = request.headers
    const answer = await ask(`${origin}${request.raw.url}`, {
      dispatcher,
      headers: { authorization, accept },
    })
    const body = Buffer.from(await answer.body.arrayBuffer())
    const { connection: _, 'keep-alive': __, ...headers } = answer.headers
    reply.headers(headers)
    if (request.headers['if-none-match'] === headers['etag']) {
      reply.removeHeader('content-length')
      return reply.code(304).send()
    }
    return reply.send(body)
  })
  await app.listen({ port, host: '127.0.0.1' })
}
