/** Runs one schedule against the real proxy, and lets the oracle judge each answer. */
import type { Fault, Hold } from '../../src/simulator/index.js'
import type { Answer } from '../server/client.js'
import { createOracle } from './oracle.js'
import { dialectsWithErrors, type Step, type World } from './schedule.js'
import { accountName, authorizationsOf, credentialOf, startWorld } from './world.js'

const accepts = { json: 'application/json', xml: 'application/xml', any: '*/*' } as const
/** Real time for a request to reach Intervals, where it is held, or to be answered. */
const graceMs = 6

export interface Contradiction {
  /**
   * `contradicted`: a state from before an acknowledged write. `unknown`: no state of Intervals.
   * `refused`: an error of the proxy although Intervals works.
   */
  readonly what: 'contradicted' | 'unknown' | 'refused'
  /** Position of the step in the schedule. */
  readonly at: number
  readonly detail: string
}

export interface Tally {
  reads: number
  hits: number
  /** Answers for which an acknowledged write excluded earlier states. */
  bound: number
  writes: number
  /** Errors of the proxy's own. */
  errors: number
}

export interface Run {
  readonly contradictions: readonly Contradiction[]
  readonly tally: Tally
}

export interface RunOptions {
  /** How long after a write entries that were fetched meanwhile may be served, if Intervals lags. */
  readonly settleMs: number
}

type ReadStep = Extract<Step, { kind: 'read' }>
type WriteStep = Extract<Step, { kind: 'write' }>

export async function runSchedule(
  world: World,
  steps: readonly Step[],
  options: RunOptions,
): Promise<Run> {
  const running = await startWorld(world)
  try {
    return await runSteps({ world, running, ...options }, steps)
  } finally {
    await running.close()
  }
}

interface Setting extends RunOptions {
  readonly world: World
  readonly running: Awaited<ReturnType<typeof startWorld>>
}

async function runSteps(setting: Setting, steps: readonly Step[]): Promise<Run> {
  const { running, world } = setting
  const { simulator, clock } = running
  const mayAlwaysFail = world.dialects.some((name) => dialectsWithErrors.includes(name))
  const client = createClient(setting)
  const pending = new Set<Promise<void>>()
  let hold: Hold | undefined
  let mayFail = mayAlwaysFail

  async function request(send: () => Promise<void>): Promise<void> {
    const ended = send().finally(() => pending.delete(ended))
    pending.add(ended)
    if (hold !== undefined) {
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, graceMs))])
      return
    }
    await ended
    endFault()
  }

  async function settle(): Promise<void> {
    hold?.release()
    hold = undefined
    while (pending.size > 0) await Promise.all(pending)
    endFault()
  }

  /** A fault concerns the next request only, whether it reached Intervals or not. */
  function endFault(): void {
    simulator.setFaults([])
    mayFail = mayAlwaysFail
  }

  for (const [at, step] of steps.entries()) {
    switch (step.kind) {
      case 'read':
        await request(() => client.read(step, at, () => mayFail))
        break
      case 'write':
        await request(() => client.write(step))
        break
      case 'edit':
        edit(step)
        break
      case 'hold':
        hold ??= simulator.hold(
          ({ method }) => isRead(method) === (step.of === 'reads'),
          step.stage,
        )
        break
      case 'release':
        await settle()
        break
      case 'advance':
        clock.advance(step.ms)
        break
      case 'restart':
        await settle()
        await running.restart()
        break
      case 'fault':
        mayFail = true
        simulator.setFaults([faults[step.fault]])
        break
      default:
        step satisfies never
    }
  }
  await settle()
  return client

  function edit({ resource, id, fields }: Extract<Step, { kind: 'edit' }>): void {
    try {
      simulator.edit(accountName, resource, id, fields)
    } catch (error) {
      // The row has been deleted.
      if (!(error instanceof TypeError)) throw error
    }
  }
}

const isRead = (method: string): boolean => method === 'GET' || method === 'HEAD'

const faults: Readonly<Record<Extract<Step, { kind: 'fault' }>['fault'], Fault>> = {
  'execute-then-reset': { kind: 'execute-then-reset', times: 1 },
  reset: { kind: 'reset', times: 1 },
  status: { kind: 'status', status: 503, times: 1 },
}

/** Sends requests through the proxy and collects what is wrong with the answers. */
function createClient({ world, running, settleMs }: Setting) {
  const { simulator, clock } = running
  const { listLagMs, writeLagMs } = simulator.settings
  const oracle = createOracle({
    simulator,
    account: accountName,
    now: () => clock.monotonicMs(),
    settleMs: listLagMs + writeLagMs > 0 ? settleMs : 0,
  })
  const contradictions: Contradiction[] = []
  const tally: Tally = { reads: 0, hits: 0, bound: 0, writes: 0, errors: 0 }
  /** Bodies by their ETags, and the ETag that each client knows of each target. */
  const bodies = new Map<string, string>()
  const etags = new Map<string, string>()

  async function read(step: ReadStep, at: number, mayFail: () => boolean): Promise<void> {
    const accept = accepts[step.accept]
    const place = JSON.stringify([step.client, step.target, accept])
    const known = step.conditional ? etags.get(place) : undefined
    const startedMs = clock.monotonicMs()
    const mayFailFirst = mayFail()
    const answer = await running.proxy.ask(step.target, {
      method: step.method,
      token: credentialOf(world, step.client),
      headers: {
        accept,
        ...(step.cacheControl !== undefined && { 'cache-control': step.cacheControl }),
        ...(known !== undefined && { 'if-none-match': known }),
      },
    })
    const cacheStatus = String(answer.headers['cache-status'])
    tally.reads += 1
    if (cacheStatus.includes('; hit')) tally.hits += 1
    const report = (what: Contradiction['what'], detail: string): void => {
      const request = `${step.method} ${step.target} by ${step.client}, ${accept}`
      contradictions.push({ what, at, detail: `${request}: ${detail}; ${cacheStatus}` })
    }
    const isExcused = mayFailFirst || mayFail()
    if (isOwnError(answer)) {
      tally.errors += 1
      if (!isExcused) report('refused', `${answer.status} ${answer.text.slice(0, 300)}`)
      return
    }
    if (isExcused && answer.status >= 500) return
    remember(place, step, answer)
    const matches = matcherOf(answer, step, bodies)
    const authorizations = authorizationsOf(world, step)
    const question = { target: step.target, accept, authorizations }
    const { isAllowed, states, statesTooOld } = oracle.judge(question, startedMs, matches)
    if (states < simulator.states(accountName).length) tally.bound += 1
    if (isAllowed) return
    if (statesTooOld === undefined) report('unknown', `${answer.status}: no state has this answer`)
    else report('contradicted', `${statesTooOld} states too old`)
  }

  function remember(place: string, { method }: ReadStep, { status, headers, text }: Answer): void {
    if (method !== 'GET' || status !== 200 || headers.etag === undefined) return
    bodies.set(headers.etag, text)
    etags.set(place, headers.etag)
  }

  async function write({ client, method, target, body }: WriteStep): Promise<void> {
    const answer = await running.proxy.ask(target, {
      method,
      token: credentialOf(world, client),
      headers: { 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    tally.writes += 1
    const isSuccess = answer.status >= 200 && answer.status <= 299
    // In one dialect errors are sent with status 200.
    if (isOwnError(answer) || !isSuccess || answer.text.includes('"error":')) return
    oracle.acknowledge(Number(answer.headers['simulator-changes']))
  }

  return { contradictions, tally, read, write }
}

function isOwnError({ status, text }: Answer): boolean {
  return status >= 400 && text.includes('intervals-proxy')
}

/** Whether an answer may be this body; answers without one are recognised by their headers. */
function matcherOf(
  { status, headers, text }: Answer,
  { method }: ReadStep,
  bodies: ReadonlyMap<string, string>,
): (body: string) => boolean {
  if (method === 'GET' && status !== 304) return (body) => body === text
  const known = bodies.get(headers.etag ?? '')
  if (known !== undefined) return (body) => body === known
  const length = Number(headers['content-length'])
  return (body) => Buffer.byteLength(body) === length
}
