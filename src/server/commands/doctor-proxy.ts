/** Whether the proxy answers, is ready, and has the same time as Intervals. */
import { CommandError } from './context.js'
import { fail, ok, warn, type Finding } from './finding.js'
import { ask, send, type Target } from './running-proxy.js'

/** Below this a difference between the clocks changes nothing. */
const HARMLESS_SKEW_MS = 2000

/** Ask the health checks of the proxy at `target`. */
export async function checkProxy(target: Target): Promise<readonly Finding[]> {
  try {
    const live = await send(target, { path: '/-/livez' })
    if (live.status !== 200 && live.status !== 503) {
      const message = `${target.url} answers ${live.status} for /-/livez, not like intervals-proxy: is another program on this port?`
      return [fail('proxy', message)]
    }
    const ready = await send(target, { path: '/-/readyz' })
    const isLive = live.status === 200
    if (isLive && ready.status === 200) return [ok('proxy', `${target.url} is live and ready`)]
    const [state, { text }] = isLive ? ['not ready', ready] : ['not well', live]
    return [fail('proxy', `${target.url} is ${state}: ${text.trim()}`)]
  } catch (error) {
    return [fail('proxy', reasonOf(error))]
  }
}

/** Compare the clocks, as far as a running proxy knows about that of Intervals. */
export async function checkClock(target: Target): Promise<Finding> {
  const subject = 'clock'
  try {
    const status = await ask(target, { path: '/-/status' })
    const { upstream } = status as { upstream?: { clockOffsetMs?: unknown } }
    const offset = upstream?.clockOffsetMs
    if (typeof offset !== 'number') {
      return ok(subject, 'not compared: no answer of Intervals has been seen yet')
    }
    const seconds = `${(Math.abs(offset) / 1000).toFixed(1)} s ${offset > 0 ? 'behind' : 'ahead of'} that of Intervals`
    return Math.abs(offset) <= HARMLESS_SKEW_MS
      ? ok(subject, `${seconds}, which is harmless`)
      : warn(
          subject,
          `${seconds}: set this machine's clock by NTP, or days will change at odd times`,
        )
  } catch (error) {
    return warn(subject, `not compared: ${reasonOf(error)}`)
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof CommandError) return error.message
  throw error
}
