/** What is told to a collector of traces, and to the upstream; by the real exporter. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { createOtelTracing } from '../../../src/observability/tracing/otel.js'
import { buildTestProxy, startUpstream } from '../../server/build.js'
import { basic } from '../../server/client.js'

interface Span {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly kind: number
  readonly status: { readonly code?: number }
  readonly attributes: readonly { readonly key: string; readonly value: object }[]
}

interface Export {
  readonly resourceSpans: readonly {
    readonly resource: object
    readonly scopeSpans: readonly { readonly spans: readonly Span[] }[]
  }[]
}

/** Takes OTLP in JSON, as a collector does. */
async function startCollector(t: Test) {
  const spans: Span[] = []
  let raw = ''
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString()
      raw += text
      const { resourceSpans } = JSON.parse(text) as Export
      spans.push(
        ...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
      )
      response.setHeader('content-type', 'application/json').end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => new Promise((resolve) => server.close(resolve).closeAllConnections()))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/v1/traces`, spans, raw: () => raw }
}

const TRACE = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'
const FROM_CONSUMER = { traceparent: `00-${TRACE}-bbbbbbbbbbbbbbbb-01`, baggage: 'who=me' }
const valueOf = ({ attributes }: Span, name: string): unknown =>
  Object.values(attributes.find(({ key }) => key === name)?.value ?? {})[0]

t.test('a miss has a wait and a call, and the upstream is told; a hit has neither', async (t) => {
  const collector = await startCollector(t)
  const heard: (string | undefined)[] = []
  const upstream = await startUpstream(t, ({ headers }, response) => {
    heard.push(
      headers['traceparent'] as string | undefined,
      headers['baggage'] as string | undefined,
    )
    response.setHeader('content-type', 'application/json').end('{"client":[]}')
  })
  const tracing = createOtelTracing({ url: collector.url })
  const proxy = await buildTestProxy(t, { upstreamUrl: upstream.url, deps: { tracing } })
  const headers = { ...FROM_CONSUMER, 'intervals-proxy-consumer': 'report' }
  for (let n = 0; n < 2; n++) await proxy.ask('/client/?search=hush', { headers })
  await proxy.ask('/client/1/', { method: 'PUT', body: '{"name":"hush"}', headers })
  await proxy.ask('/client//1?search=hush')
  await proxy.ask('/-/status', { token: null })
  const gone = new AbortController()
  gone.abort()
  await proxy.ask('/timer/', { signal: gone.signal }).catch(() => {})
  await proxy.app.close()

  const { spans } = collector
  const named = (name: string): Span[] => spans.filter((span) => span.name === name)
  const [miss, hit, ...more] = named('GET client')
  if (miss === undefined || hit === undefined) throw new Error(JSON.stringify(spans))
  t.strictSame(more, [])
  for (const span of [miss, hit]) {
    t.match(span, { traceId: TRACE, parentSpanId: 'bbbbbbbbbbbbbbbb', kind: 2 })
  }
  t.equal(valueOf(miss, 'intervals_proxy.outcome'), 'uri-miss')
  t.equal(valueOf(hit, 'intervals_proxy.outcome'), 'hit')
  t.equal(valueOf(hit, 'intervals_proxy.consumer'), 'report')
  t.equal(valueOf(hit, 'url.path'), '/client/')
  const childrenOf = ({ spanId }: Span): Span[] =>
    spans.filter((one) => one.parentSpanId === spanId)
  t.strictSame(childrenOf(hit), [])
  t.strictSame(
    childrenOf(miss).map(({ name, kind, traceId }) => [name, kind, traceId]),
    [
      ['queue', 1, TRACE],
      ['upstream', 3, TRACE],
    ],
  )
  const [queue, call] = childrenOf(miss)
  t.equal(valueOf(call as Span, 'http.response.status_code'), 200)
  t.equal(
    valueOf(call as Span, 'intervals_proxy.permit'),
    valueOf(queue as Span, 'intervals_proxy.permit'),
  )
  t.strictSame(childrenOf(named('PUT client')[0] as Span).length, 2)
  t.equal(heard[0], `00-${TRACE}-${call?.spanId}-01`, 'the call is where the upstream goes on')
  t.strictSame(heard[1], undefined, 'what consumers tell each other stays here')
  t.strictSame(
    spans.filter((span) => String(valueOf(span, 'url.path')).startsWith('/-/')),
    [],
  )
  t.notMatch(collector.raw(), 'hush')
  for (const secret of ['agencyadm01', basic('agencyadm01').slice(6)]) {
    t.notMatch(collector.raw(), secret)
  }
})

t.test('without a collector the consumer’s trace goes no further', async (t) => {
  const heard: (string | undefined)[] = []
  const upstream = await startUpstream(t, ({ headers }, response) => {
    heard.push(...['traceparent', 'tracestate', 'baggage'].map((name) => headers[name] as string))
    response.end('{}')
  })
  const proxy = await buildTestProxy(t, { upstreamUrl: upstream.url })
  const headers = { ...FROM_CONSUMER, tracestate: 'a=b' }
  await proxy.ask('/client/1/', { method: 'PUT', body: '{}', headers })
  await proxy.ask('/client/1/', { headers })
  t.strictSame(heard, Array(6).fill(undefined))
})

t.test('a collector that is away holds up nothing, not even the end', async (t) => {
  const tracing = createOtelTracing({ url: 'http://127.0.0.1:1/v1/traces' })
  const proxy = await buildTestProxy(t, { deps: { tracing } })
  t.equal((await proxy.ask('/client/')).status, 200)
  await proxy.untilNoCalls()
  await proxy.app.close()
})
