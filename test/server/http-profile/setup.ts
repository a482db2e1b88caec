/** The proxy with `cache.profile: http` in front of an upstream that answers what a test says. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Test } from 'tap'
import { buildTestProxy, startUpstream, type TestProxy, type WrittenSettings } from '../build.js'
import type { Answer, Ask } from '../client.js'

export type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void

export interface HttpProxyOptions {
  readonly handler: Handler
  readonly settings?: WrittenSettings
  readonly isUnderPressure?: () => boolean
}

export interface Arrival {
  readonly method: string
  readonly target: string
  readonly headers: IncomingMessage['headers']
}

export async function buildHttpProxy(t: Test, options: HttpProxyOptions) {
  let handler = options.handler
  const arrivals: Arrival[] = []
  const upstream = await startUpstream(t, (request, response) => {
    const { method = '', url: target = '', headers } = request
    arrivals.push({ method, target, headers })
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      // The upstream's clock is the test's: its Date says how old an answer is.
      response.setHeader('date', new Date(proxy.clock.wallMs()).toUTCString())
      handler(request, response, Buffer.concat(chunks).toString())
    })
  })
  const { settings = {} } = options
  const proxy: TestProxy = await buildTestProxy(t, {
    upstreamUrl: upstream.url,
    // A busy machine must not shed what a test counts.
    deps: { isUnderPressure: options.isUnderPressure ?? (() => false) },
    settings: { ...settings, cache: { profile: 'http', ...settings.cache } },
  })
  return {
    ...proxy,
    arrivals,
    /** The upstream answers otherwise from now on. */
    answers(next: Handler) {
      handler = next
    },
    /** GET without credentials. */
    get: (path: string, headers: Ask['headers'] = {}): Promise<Answer> =>
      proxy.ask(path, { token: null, headers }),
    send: (method: string, path: string, request: Ask = {}): Promise<Answer> =>
      proxy.ask(path, { token: null, method, ...request }),
  }
}

export const cacheStatusOf = ({ headers }: Answer): string => String(headers['cache-status'])

/** A handler whose answers wait until they are let go, in the order of their arrival. */
export function holding(answer: Handler) {
  const held: (() => void)[] = []
  return {
    handler: ((request, response, body) => {
      held.push(() => answer(request, response, body))
    }) satisfies Handler,
    count: () => held.length,
    /** Lets the nth go, counted from 0. */
    release: (n: number) => held[n]?.(),
    releaseAll: () => held.forEach((release) => release()),
  }
}
