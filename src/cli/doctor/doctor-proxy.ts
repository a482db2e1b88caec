/** Whether the proxy answers, is ready, lets us look, may send, and has the same time as Intervals. */
import type { Config } from '../../config/schema.js'
import { isLoopback } from '../../config/addresses.js'
import { MIN_ADMIN_TOKEN_LENGTH } from '../../config/rules.js'
import type { Health } from '../../report/health.js'
import { CommandError } from '../context.js'
import { fail, ok, warn, type Finding } from '../../report/doctor-finding.js'
import { ask, send, type Target } from '../running-proxy.js'

/** Below this a difference between the clocks changes nothing. */
const HARMLESS_SKEW_MS = 2_000

/** Ask the health checks of the proxy at `target`. */
export async function checkProxy(target: Target): Promise<Finding> {
  try {
    const live = await send(target, { path: '/-/livez' })
    if (live.status !== 200 && live.status !== 503) {
      const message = `${target.url} answers ${live.status} for /-/livez, not like intervals-proxy: is another program on this port?`
      return fail('proxy', message)
    }
    const ready = await send(target, { path: '/-/readyz' })
    const isLive = live.status === 200
    if (isLive && ready.status === 200) return ok('proxy', `${target.url} is live and ready`)
    const [state, { text }] = isLive ? ['not ready', ready] : ['not well', live]
    return fail('proxy', `${target.url} is ${state}: ${text.trim()}`)
  } catch (error) {
    return fail('proxy', reasonOf(error))
  }
}

/** Who may use the pages of the proxy, by the configuration found here. */
export function checkAdmin({ host, port, adminToken }: Config['server']): Finding {
  const where = `listens on ${host}:${port}`
  if (adminToken === undefined) {
    // That others cannot see it is said by the configuration, where they could be meant to.
    const who = isLoopback(host) ? ', this machine only' : ''
    return ok('access', `${where}${who}; /-/ answers this machine, without a token`)
  }
  return adminToken.length < MIN_ADMIN_TOKEN_LENGTH
    ? warn(
        'access',
        `${where}; server.adminToken has ${adminToken.length} characters and could be guessed: take one of openssl rand -hex 32`,
      )
    : ok('access', `${where}; /-/ answers requests with server.adminToken`)
}

/** What a look at the proxy's own figures brought: the figures, or why there are none. */
export type Looked = { readonly status: KnownStatus } | { readonly problem: string }

/** What is used here of the answer of `/-/status`, which may be another version's. */
interface KnownStatus {
  readonly upstream?: { readonly url?: unknown; readonly clockOffsetMs?: unknown }
  readonly health?: Partial<Health>
  readonly cache?: {
    readonly overridden?: {
      readonly resources: readonly string[]
      readonly directives: readonly string[]
    } | null
  }
  readonly budgets?: {
    readonly day?: readonly {
      readonly account: string
      readonly used: number
      readonly max: number
    }[]
  }
}

export async function look(target: Target): Promise<Looked> {
  try {
    return { status: (await ask(target, { path: '/-/status' })) as KnownStatus }
  } catch (error) {
    return { problem: reasonOf(error) }
  }
}

/** Where the running proxy sends requests; undefined where it does not say. */
export function upstreamIn(looked: Looked): string | undefined {
  const url = 'status' in looked ? looked.status.upstream?.url : undefined
  return typeof url === 'string' && URL.canParse(url) ? url : undefined
}

/** Whether anything keeps the proxy from its work, and how the days stand. */
export function checkHealth(looked: Looked): readonly Finding[] {
  if ('problem' in looked) return [warn('health', `not seen: ${looked.problem}`)]
  const { health, budgets } = looked.status
  const days = (budgets?.day ?? []).map(
    ({ account, used, max }) => `${used} of ${max} calls of the day of ${account} are used`,
  )
  const text = days.length === 0 ? 'nothing was sent yet' : days.join('; ')
  const reasons = health?.reasons ?? []
  return [
    ...reasons.map(({ code, since, message }) =>
      warn('health', `${code} since ${since}: ${message}`),
    ),
    ok('budgets', text),
  ]
}

/** Whether resources are stored although Intervals says not to store them. */
export function checkOverrides(looked: Looked): readonly Finding[] {
  const overridden = 'status' in looked ? looked.status.cache?.overridden : undefined
  if (overridden === undefined || overridden === null) return []
  const { resources, directives } = overridden
  const message = `${resources.join(', ')} stored although Intervals sends ${directives.join(', ')}: cache.upstreamDirectives is ignore`
  return [ok('cache', message)]
}

/** Compare the clocks, as far as a running proxy knows about that of Intervals. */
export function checkClock(looked: Looked): Finding {
  const subject = 'clock'
  if ('problem' in looked) return warn(subject, 'not compared: only a proxy that runs knows it')
  const offset = looked.status.upstream?.clockOffsetMs
  if (typeof offset !== 'number') {
    return ok(subject, 'not compared: no answer of Intervals has been seen yet')
  }
  const seconds = `${(Math.abs(offset) / 1_000).toFixed(1)} s ${offset > 0 ? 'behind' : 'ahead of'} that of Intervals`
  return Math.abs(offset) <= HARMLESS_SKEW_MS
    ? ok(subject, `${seconds}, which is harmless`)
    : warn(subject, `${seconds}: set this machine's clock by NTP, or days will change at odd times`)
}

function reasonOf(error: unknown): string {
  if (error instanceof CommandError) return error.message
  throw error
}
