/**
 * Every fault of the tables, on every way through the proxy: the consumer gets a clean answer or a
 * broken connection and never a well-formed wrong one, nothing wrong is kept, and the next request
 * gets what is right.
 */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import t, { type Test } from 'tap'
import { buildTestProxy, type TestProxy } from '../build.js'
import { ask, until, type Answer, type Ask } from '../client.js'
import { BEFORE_THE_ANSWER } from './before-the-answer.js'
import { honestBody, startHostileUpstream, type HostileUpstream } from './hostile-upstream.js'
import { IN_THE_BODY } from './in-the-body.js'
import { IN_THE_HEADERS } from './in-the-headers.js'
import { STRANGE_ANSWERS } from './strange-answers.js'
import type { Fault } from './table.js'

interface Way {
  readonly name: string
  readonly path: string
  readonly request: Ask
  readonly format: 'json' | 'xml'
  /** Whether the answer is read to its end before a byte of it is passed on. */
  readonly isBuffered: boolean
  /** An answer is stored before, and the request wants a newer one. */
  readonly hasStale?: boolean
}

const XML = { accept: 'application/xml' }
const WAYS: readonly Way[] = [
  { name: 'a cached read', path: '/client/', request: {}, format: 'json', isBuffered: true },
  {
    name: 'a cached read of XML',
    path: '/client/',
    request: { headers: XML },
    format: 'xml',
    isBuffered: true,
  },
  {
    name: 'a read with something stored',
    path: '/project/',
    request: {},
    format: 'json',
    isBuffered: true,
    hasStale: true,
  },
  {
    name: 'a read that is not cached',
    path: '/tasknote/',
    request: {},
    format: 'json',
    isBuffered: false,
  },
  {
    name: 'HEAD',
    path: '/person/',
    request: { method: 'HEAD' },
    format: 'json',
    isBuffered: false,
  },
  {
    name: 'a write',
    path: '/timer/',
    request: { method: 'POST', body: '{"a":1}' },
    format: 'json',
    isBuffered: false,
  },
  {
    name: 'a write in XML',
    path: '/timer/',
    request: { method: 'PUT', body: '<a/>', headers: XML },
    format: 'xml',
    isBuffered: false,
  },
]

const TABLES: readonly (readonly [string, readonly Fault[]])[] = [
  ['before the answer', BEFORE_THE_ANSWER],
  ['in the headers', IN_THE_HEADERS],
  ['in the body', IN_THE_BODY],
  ['strange answers', STRANGE_ANSWERS],
]
/** Requests out at once: enough that what waits for a timeout waits together. */
const AT_ONCE = 24

const total = { faults: 0, requests: 0, problems: 0, brokenOff: 0, passed: 0, stale: 0 }
const delay = monitorEventLoopDelay({ resolution: 5 })
let utilization = 0

for (const [table, faults] of TABLES) {
  t.test(table, async (t) => {
    const plan = new Map(faults.map((fault, index) => [String(index), fault]))
    const upstream = await startHostileUpstream(t, {
      faultOf: ({ target }, turn) => {
        const query = new URLSearchParams(target.split('?')[1])
        const isTurn = turn === (target.startsWith('/project/') ? 2 : 1)
        return isTurn ? plan.get(query.get('fault') ?? '')?.play : undefined
      },
    })
    const proxy = await buildTestProxy(t, {
      upstreamUrl: upstream.url,
      settings: { upstream: { timeout: '1500ms', answerTimeout: '3s' } },
    })
    const before = performance.eventLoopUtilization()
    delay.enable()
    for (const way of WAYS) {
      await t.test(way.name, async (t) => {
        await inTurns([...faults.entries()], ([index, fault]) =>
          meet(t, { proxy, upstream, way, fault, index }),
        )
      })
    }
    delay.disable()
    utilization = Math.max(utilization, performance.eventLoopUtilization(before).utilization)
    total.faults += faults.length
    t.equal(proxy.app.services.ledger.usage().window.inFlight, 0, 'every permit is settled')
    t.same(proxy.app.services.ledger.usage().pauses, [], 'no fault is taken for a refusal')
    t.equal(proxy.app.services.flights.size(), 0, 'no flight is left in the air')
    await proxy.app.services.wire.close()
    await until(() => upstream.open.size === 0, 'all connections closed')
  })
}

interface Meeting {
  readonly proxy: TestProxy
  readonly upstream: HostileUpstream
  readonly way: Way
  readonly fault: Fault
  readonly index: number
}

async function meet(t: Test, { proxy, upstream, way, fault, index }: Meeting): Promise<void> {
  const { request, hasStale = false } = way
  const target = `${way.path}?fault=${index}&way=${WAYS.indexOf(way)}`
  const honest = honestBody({
    method: request.method ?? 'GET',
    target,
    head: way.format === 'xml' ? '' : 'accept: application/json',
    body: '',
    connection: 0,
  })
  const what = fault.name
  if (hasStale) await ask(proxy.port, target, request)
  const id = `fault-${index}-${WAYS.indexOf(way)}`
  const seen = await ask(proxy.port, target, {
    ...request,
    headers: {
      ...request.headers,
      'x-request-id': id,
      ...(hasStale && { 'cache-control': 'no-cache' }),
    },
  }).catch((error: NodeJS.ErrnoException) => error)
  total.requests++
  const sent = hasStale ? 2 : 1
  t.equal(upstream.arrived(target).length, sent, `${what}: sent once`)
  judge(t, { seen, way, fault, honest })
  if (!(seen instanceof Error)) noLeak(t, { seen, what, upstream })
  if (fault.outcome.kind !== 'passed' && !isPassedHead(fault, way)) {
    await until(() => causeOf(proxy, id) !== undefined, `${what}: a log line with the cause`)
  }

  const next = await ask(proxy.port, target, request).catch((error: Error) => error)
  const { outcome } = fault
  const mayBeStored = outcome.kind === 'passed' && outcome.mayBeStored === true
  if (next instanceof Error) t.fail(`${what}: the next request fails: ${next.message}`)
  else if (!mayBeStored || next.text !== String(outcome.body)) {
    t.equal(next.status, 200, `${what}: the next request is answered`)
    t.equal(next.text, request.method === 'HEAD' ? '' : honest, `${what}: the next answer is right`)
  }
}

/** What comes behind the head of an answer to HEAD is no part of it. */
function isPassedHead({ outcome }: Fault, { request }: Way): boolean {
  return request.method === 'HEAD' && outcome.kind !== 'problem'
}

function judge(
  t: Test,
  { seen, way, fault, honest }: { seen: Answer | Error; way: Way; fault: Fault; honest: string },
): void {
  const { outcome, name } = fault
  if (isPassedHead(fault, way)) {
    const status = outcome.kind === 'problem' ? 502 : (outcome.status ?? 200)
    if (seen instanceof Error) t.fail(`${name}: ${seen.message}`)
    else t.match(seen, { status, text: '' }, name)
    total.passed++
    return
  }
  const isError = outcome.kind !== 'passed' || outcome.status >= 500
  if (way.hasStale === true && isError) {
    if (seen instanceof Error) t.fail(`${name}: ${seen.message}`)
    else {
      t.match(seen, { status: 200, text: honest }, `${name}: what is stored`)
      t.match(seen.headers['cache-status'], /; hit|served-on-error|fwd=/, name)
      t.ok(seen.headers['age'] !== undefined, `${name}: with its age`)
    }
    total.stale++
    return
  }
  if (outcome.kind === 'passed') {
    if (seen instanceof Error) t.fail(`${name}: ${seen.message}`)
    else {
      t.equal(seen.status, outcome.status, `${name}: its status`)
      t.ok(seen.body.equals(Buffer.from(outcome.body)), `${name}: its bytes`)
    }
    total.passed++
    return
  }
  if (seen instanceof Error) {
    t.match(seen, { code: /ECONNRESET/ }, `${name}: broken off`)
    t.ok(outcome.kind === 'broken' && !way.isBuffered, `${name}: there was something to break off`)
    total.brokenOff++
    return
  }
  isProblem(t, { seen, way, name, reasons: outcome.reasons })
  total.problems++
}

function isProblem(
  t: Test,
  {
    seen,
    way,
    name,
    reasons,
  }: { seen: Answer; way: Way; name: string; reasons: readonly string[] },
): void {
  const status = reasons.includes('UPSTREAM_TIMEOUT') ? 504 : 502
  t.equal(seen.status, status, `${name}: ${status}`)
  t.match(seen.headers['content-type'], `application/${way.format}`, name)
  if (way.request.method === 'HEAD') return
  if (way.format === 'xml') {
    t.match(seen.text, '<source>intervals-proxy</source><error><code>20</code>', name)
    const reason = /<reason>(.*)<\/reason>/.exec(seen.text)?.[1] ?? ''
    t.ok(reasons.includes(reason), `${name}: ${reason}, and not ${reasons.join()}`)
    return
  }
  const body = JSON.parse(seen.text) as { source: string; error: { reason: string; code: number } }
  t.match(body, { source: 'intervals-proxy', error: { code: 20 } }, name)
  t.ok(reasons.includes(body.error.reason), `${name}: ${body.error.reason}, not ${reasons.join()}`)
}

/** Where the upstream is, and where we are, is nobody's business. */
const SECRETS = /127\.0\.0\.1|localhost|node_modules|\/work|\.[jt]s:\d|\bat [\w.]+ \(|node:/

function noLeak(
  t: Test,
  { seen, what, upstream }: { seen: Answer; what: string; upstream: HostileUpstream },
): void {
  const text = `${seen.rawHeaders.join('\n')}\n${seen.text}`
  t.notMatch(text, SECRETS, `${what}: no address`)
  t.notMatch(text, String(upstream.port), `${what}: no port`)
}

interface LogLine {
  readonly reqId?: string
  readonly level?: number
  readonly err?: { readonly message?: string; readonly stack?: string }
}

function causeOf({ lines }: TestProxy, id: string): string | undefined {
  const line = (lines as LogLine[]).find(
    ({ reqId, level = 0, err }) => reqId === id && level >= 40 && err !== undefined,
  )
  return line?.err?.stack ?? line?.err?.message
}

async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items]
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item)
    }),
  )
}

t.test('in all', async (t) => {
  const { faults, requests, problems, brokenOff, passed, stale } = total
  t.equal(requests, faults * WAYS.length)
  t.comment(
    `${faults} faults tried on ${WAYS.length} ways, ${requests} requests: ${problems} clean 502 or 504, ` +
      `${brokenOff} broken off, ${passed} passed on as they were, ${stale} answered with what was stored; ` +
      `nothing wrong stored, the process survived`,
  )
  t.comment(
    `event loop, with client, proxy and upstream in it: longest delay ${(delay.max / 1e6).toFixed(1)} ms, ` +
      `p99 ${(delay.percentile(99) / 1e6).toFixed(1)} ms, busy at most ${(utilization * 100).toFixed(0)} %`,
  )
})
