import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Test } from 'tap'
import { createUpstreamDispatcher, DISPATCH_CONTEXT } from '../../src/upstream/index.js'
import type { Ledger, Permit } from '../../src/limits/index.js'
import { realClock } from '../limits/real-clock.js'
import { ledgerWith, ofAccount, permitOf } from '../limits/setup.js'

export interface SendOptions {
  readonly target?: string
  readonly method?: 'GET' | 'POST' | 'HEAD'
  readonly body?: Buffer | null
  readonly permit?: Permit
  readonly signal?: AbortSignal
}

/** A test upstream and a dispatcher connected to it. */
export async function upstreamOf(
  t: Test,
  listener: RequestListener,
  options: {
    readonly timeoutMs?: number
    readonly answerTimeoutMs?: number
    readonly maxConnections?: number
    readonly max?: number
  } = {},
) {
  const arrived: {
    method: string
    target: string
    body: Buffer
    headers: IncomingMessage['headers']
  }[] = []
  const sockets: Socket[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('error', () => {})
    request.on('end', () => {
      const { method = '', url: target = '', headers } = request
      arrived.push({ method, target, body: Buffer.concat(chunks), headers })
      listener(request, response)
    })
  })
  server.on('connection', (socket) => sockets.push(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const { ledger, settled } = watched(
    ledgerWith(realClock, { max: options.max ?? 50, windowMs: 60_000 }),
  )
  const upstream = createUpstreamDispatcher({
    ledger,
    clock: realClock,
    timeoutMs: options.timeoutMs ?? 2_000,
    answerTimeoutMs: options.answerTimeoutMs ?? 60_000,
    maxConnections: options.maxConnections ?? 10,
  })
  t.teardown(async () => {
    await upstream.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  const permit = async (): Promise<Permit> => permitOf(await ledger.take(ofAccount()))

  async function dispatch({
    target = '/task/',
    method = 'GET',
    body = null,
    ...rest
  }: SendOptions = {}) {
    const context = { permit: rest.permit ?? (await permit()), target, body }
    return upstream.dispatcher.request({
      origin: `http://127.0.0.1:${port}`,
      path: '/somewhere-else/',
      method,
      headers: { [DISPATCH_CONTEXT]: context, 'x-test': '1' } as Record<string, string>,
      ...(rest.signal !== undefined && { signal: rest.signal }),
    })
  }

  async function send(request: SendOptions = {}) {
    const { statusCode, headers, body } = await dispatch(request)
    return { status: statusCode, headers, body: Buffer.from(await body.arrayBuffer()) }
  }

  return { arrived, sockets, server, port, ledger, settled, upstream, permit, dispatch, send }
}

/** A ledger, and how its permits ended. */
export function watched(inner: Ledger) {
  const settled: string[] = []
  const ledger: Ledger = {
    ...inner,
    settle(permit, end) {
      settled.push(end)
      inner.settle(permit, end)
    },
  }
  return { ledger, settled }
}
