import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Test } from 'tap'
import { createUpstreamDispatcher, DISPATCH_CONTEXT } from '../../src/upstream/index.js'
import type { DispatchContext } from '../../src/upstream/index.js'
import type { Ledger, Permit } from '../../src/limits/index.js'
import { realClock } from '../limits/real-clock.js'
import { ledgerWith, ofAccount, permitOf, replacing } from '../limits/setup.js'

export interface SendOptions {
  readonly target?: string
  readonly method?: 'GET' | 'POST' | 'HEAD'
  readonly body?: Buffer | null
  readonly permit?: Permit
  readonly signal?: AbortSignal
  readonly needsNewConnection?: boolean
}

export interface DispatcherOptions {
  readonly timeoutMs?: number
  readonly answerTimeoutMs?: number
  readonly maxConnections?: number
  readonly max?: number
  readonly ca?: () => string
  readonly proxy?: string
}

/** A test upstream and a dispatcher connected to it. */
export async function upstreamOf(
  t: Test,
  listener: RequestListener,
  options: DispatcherOptions = {},
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
  const dispatcher = await dispatcherTo(t, `http://127.0.0.1:${port}`, options)
  t.teardown(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { arrived, sockets, server, port, ...dispatcher }
}

/** A dispatcher connected to an origin, and how its permits ended. */
export async function dispatcherTo(t: Test, origin: string, options: DispatcherOptions = {}) {
  const { ledger, settled } = watched(
    ledgerWith(realClock, { max: options.max ?? 50, windowMs: 60_000 }),
  )
  const upstream = createUpstreamDispatcher({
    ledger,
    clock: realClock,
    timeoutMs: options.timeoutMs ?? 2_000,
    answerTimeoutMs: options.answerTimeoutMs ?? 60_000,
    maxConnections: options.maxConnections ?? 10,
    ...(options.ca !== undefined && { ca: options.ca }),
    ...(options.proxy !== undefined && { proxy: options.proxy }),
  })
  t.teardown(() => upstream.close())

  const permit = async (): Promise<Permit> => permitOf(await ledger.take(ofAccount()))

  async function dispatch({
    target = '/task/',
    method = 'GET',
    body = null,
    needsNewConnection = false,
    ...rest
  }: SendOptions = {}) {
    const context: DispatchContext = {
      permit: rest.permit ?? (await permit()),
      target,
      body,
      needsNewConnection,
    }
    return upstream.dispatcher.request({
      origin,
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

  return { ledger, settled, upstream, permit, dispatch, send }
}

/** A ledger, and how its permits ended. */
export function watched(inner: Ledger) {
  const settled: string[] = []
  const ledger = replacing(inner, {
    settle(permit, end) {
      settled.push(end)
      inner.settle(permit, end)
    },
  })
  return { ledger, settled }
}
