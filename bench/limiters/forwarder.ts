/**
 * A forwarding proxy as one writes it around a limiter: node:http in front, undici behind, and nothing
 * else. Argument: a ForwarderPlan as JSON.
 */

import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Agent, request as ask } from 'undici'
import { createLimiter } from './limiter.js'
import type { LimiterPlan } from './limiter.js'

export interface ForwarderPlan {
  readonly port: number
  readonly upstream: string
  readonly limiter: LimiterPlan
}

const { port, upstream, limiter } = JSON.parse(process.argv[2] ?? '') as ForwarderPlan
const limit = createLimiter(limiter)
const dispatcher = new Agent()

createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
  if (request.url === '/-/livez') {
    response.end()
    return
  }
  forward(request, response).catch(() => {
    if (response.headersSent) response.destroy()
    else response.writeHead(502).end()
  })
}).listen(port, '127.0.0.1')

async function forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { authorization = '', accept = '' } = request.headers
  const isUrgent = request.headers['intervals-proxy-priority'] !== 'background'
  const answer = await limit(
    () => ask(upstream + request.url, { dispatcher, headers: { authorization, accept } }),
    isUrgent,
  )
  const { connection: _, 'keep-alive': __, 'transfer-encoding': ___, ...headers } = answer.headers
  const body = Buffer.from(await answer.body.arrayBuffer())
  response.writeHead(answer.statusCode, headers).end(body)
}
