/**
 * Every fault of a table, on every way through the proxy: the consumer gets a clean answer or a broken
 * connection and never a well-formed wrong one, nothing wrong is kept, and the next request gets what is
 * right.
 */
import type { Test } from 'tap'
import { buildTestProxy, type TestProxy } from '../build.js'
import { ask, basic, until } from '../client.js'
import { honestBody, startHostileUpstream, type HostileUpstream } from './hostile-upstream.js'
import { isPassedHead, judge, noLeak, type Verdict } from './judge.js'
import type { Fault } from './table.js'
import {
  inTurns,
  meetFault,
  planOf,
  OTHER_FORMATS,
  requestIdOf,
  targetOf,
  WAYS,
  type Way,
} from './ways.js'

/** Says at its end how many there were, and what became of them. */
export async function meetEach(
  t: Test,
  faults: readonly Fault[],
  ways: readonly Way[] = WAYS.filter(({ name }) => !OTHER_FORMATS.includes(name)),
): Promise<void> {
  const verdicts: Record<Verdict, number> = {
    problem: 0,
    brokenOff: 0,
    passed: 0,
    stale: 0,
    sentAgain: 0,
  }
  const upstream = await startHostileUpstream(t, { faultOf: planOf(faults) })
  const proxy = await buildTestProxy(t, {
    upstreamUrl: upstream.url,
    settings: { upstream: { timeout: '1500ms', answerTimeout: '3s' } },
  })
  for (const way of ways) {
    await t.test(way.name, async (t) => {
      await inTurns([...faults.entries()], async ([index, fault]) => {
        verdicts[await meet(t, { proxy, upstream, way, fault, index })]++
      })
    })
  }
  const { budgets, pauses, cache } = await proxy.status()
  t.equal(budgets.minute.inFlight, 0, 'every permit is settled')
  t.same(pauses, [], 'no fault is taken for a refusal')
  t.equal(cache.flights, 0, 'no call is left that others could wait for')
  const secret = basic('agencyadm01').slice('Basic '.length)
  t.notOk(JSON.stringify(proxy.lines).includes(secret), 'no credential in the log')
  await proxy.app.close()
  await until(() => upstream.open.size === 0, 'all connections closed')

  const { problem, brokenOff, passed, stale, sentAgain } = verdicts
  t.equal(problem + brokenOff + passed + stale + sentAgain, faults.length * ways.length)
  t.comment(
    `${faults.length} faults tried on ${ways.length} ways: ${problem} clean 502 or 504, ` +
      `${brokenOff} broken off, ${passed} passed on as they were, ${stale} answered with what was stored, ${sentAgain} reads sent once more; ` +
      `nothing wrong stored, the process survived`,
  )
}

const isWriteWay = ({ request: { method = 'GET' } }: Way): boolean =>
  method !== 'GET' && method !== 'HEAD'

interface Meeting {
  readonly proxy: TestProxy
  readonly upstream: HostileUpstream
  readonly way: Way
  readonly fault: Fault
  readonly index: number
}

async function meet(t: Test, { proxy, upstream, way, fault, index }: Meeting): Promise<Verdict> {
  const { request, hasStale = false } = way
  const { name, outcome } = fault
  const target = targetOf(way, index)
  const honest = honestBody({
    method: request.method ?? 'GET',
    target,
    body: '',
    connection: 0,
    head: way.format === 'xml' ? '' : 'accept: application/json',
  })
  const seen = await meetFault(proxy.port, way, index)
  const attempts = upstream.arrived(target).length - (hasStale ? 1 : 0)
  if (!(seen instanceof Error)) noLeak(t, { seen, name })
  if (attempts === 2 && fault.isBeforeAnyByte === true && !isWriteWay(way)) {
    // The fault met a reused connection.
    t.equal(seen instanceof Error ? undefined : seen.status, 200, `${name}: sent once more`)
    return 'sentAgain'
  }
  t.equal(attempts, 1, `${name}: sent once`)
  const verdict = judge(t, { seen, way, fault, honest })
  if (outcome.kind !== 'passed' && !isPassedHead(fault, way)) {
    const id = requestIdOf(way, index)
    await until(() => hasCause(proxy, id), `${name}: a log line with the cause`)
  }

  const next = await ask(proxy.port, target, request).catch((error: Error) => error)
  const mayBeStored = outcome.kind === 'passed' && outcome.mayBeStored === true
  if (next instanceof Error) t.fail(`${name}: the next request fails: ${next.message}`)
  else if (!mayBeStored || next.text !== String(outcome.body)) {
    t.equal(next.status, 200, `${name}: the next request is answered`)
    t.equal(next.text, request.method === 'HEAD' ? '' : honest, `${name}: the next answer is right`)
  }
  return verdict
}

interface LogLine {
  readonly reqId?: string
  readonly level?: number
  readonly err?: { readonly stack?: string }
}

/** pino puts the causes of an error into its stack. */
const hasCause = ({ lines }: TestProxy, id: string): boolean =>
  (lines as LogLine[]).some(
    ({ reqId, level = 0, err }) =>
      reqId === id && level >= 40 && err?.stack?.includes('caused by') === true,
  )
