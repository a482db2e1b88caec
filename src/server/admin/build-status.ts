/** What /-/status shows: budgets, queue, cache, pauses. Numbers only where they were counted. */

import { SAVED, WAYS } from '../../report/traffic.js'
import type { Way } from '../../report/traffic.js'
import type { Status } from '../../report/status-report.js'
import type { AdmissionQueue, Clock, Ledger } from '../../limits/index.js'
import type { RequestRecorder } from '../../observability/request-recorder.js'
import type { Freshness } from '../../freshness/index.js'
import { freshnessOf } from './freshness-report.js'
import type { Budgets } from '../budgets/budgets.js'
import type { HealthWatch } from '../health.js'
import type { InstalledPipeline } from '../pipeline/assemble.js'
import type { RuntimeConfig } from '../runtime-config.js'

export interface StatusPorts {
  readonly version: string
  readonly clock: Pick<Clock, 'wallMs'>
  readonly runtime: Pick<RuntimeConfig, 'config'>
  readonly ledger: Pick<Ledger, 'usage'>
  readonly queue: Pick<AdmissionQueue, 'usage'>
  readonly budgets: Budgets
  readonly pipeline: Pick<InstalledPipeline, 'usage'>
  readonly requests: Pick<RequestRecorder, 'today' | 'lastUseMs'>
  readonly health: Pick<HealthWatch, 'now'>
  readonly freshness: Pick<Freshness, 'mode' | 'report'>
}

const iso = (wallMs: number): string => new Date(wallMs).toISOString()

export function statusOf(ports: StatusPorts): Status {
  const { ledger, queue, clock, budgets } = ports
  const { config } = ports.runtime
  const { entries, bytes, flights, overridden } = ports.pipeline.usage()
  const { window, days, pauses, skewMs } = ledger.usage()
  const queued = queue.usage()
  const windowPause = pauses.find(({ scope }) => scope === 'window')
  const nextFreeMs = window.releasesInMs[0]
  return {
    version: ports.version,
    uptimeSeconds: Math.round(process.uptime()),
    now: iso(clock.wallMs()),
    health: ports.health.now(),
    budgets: {
      minute: {
        used: window.held,
        max: window.max,
        ceiling: window.ceiling,
        inFlight: window.inFlight,
        windowSeconds: window.windowMs / 1_000,
        resetSeconds: nextFreeMs === undefined ? 0 : Math.ceil(nextFreeMs / 1_000),
        paused: windowPause !== undefined,
      },
      day: days.map((day) => ({
        account: day.account,
        day: day.day,
        used: day.used,
        max: day.max,
        reserve: day.reserve,
        ...budgets.day(day),
        reset: iso(day.resetAtWallMs),
        quotaRead: day.quotaReadAtWallMs === undefined ? null : iso(day.quotaReadAtWallMs),
        paused: pauses.some(({ scope }) => scope === `account:${day.account}`),
      })),
    },
    today: todayOf(ports),
    pauses: pauses.map((pause) => ({
      scope: pause.scope,
      reason: pause.reason,
      since: iso(pause.sinceWallMs),
      leftSeconds: Number.isFinite(pause.leftMs) ? Math.ceil(pause.leftMs / 1_000) : null,
      untilResumed: !Number.isFinite(pause.leftMs),
      refusals: pause.strikes,
      detail: pause.detail,
    })),
    queue: {
      waiting: queued.waiting,
      oldestWaitSeconds: Math.round(queued.oldestWaitMs / 100) / 10,
      maxLength: config.limits.queue.maxLength,
    },
    cache: {
      entries,
      bytes,
      maxBytes: config.cache.maxSize,
      flights,
      overridden:
        overridden === undefined
          ? null
          : {
              since: iso(overridden.sinceMs),
              resources: overridden.resources,
              directives: overridden.directives,
            },
    },
    freshness: freshnessOf(ports.freshness, {
      accounts: days.map(({ account }) => account),
      nowMs: clock.wallMs(),
    }),
    upstream: {
      url: config.upstream.url,
      clockOffsetMs: skewMs === undefined ? null : Math.round(skewMs),
    },
    consumers: budgets.consumers().map((client) => {
      const atMs = ports.requests.lastUseMs(client.consumer)
      return { ...client, lastUsed: atMs === undefined ? null : iso(atMs) }
    }),
  }
}

/** Requests since midnight UTC, and how many of them needed no call. */
function todayOf({ requests }: Pick<StatusPorts, 'requests'>): Status['today'] {
  const { sinceMs, ways: counts, calls } = requests.today()
  const ways = Object.fromEntries(WAYS.map((way) => [way, counts[way] ?? 0])) as Record<Way, number>
  const sum = (some: readonly Way[]): number => some.reduce((all, way) => all + ways[way], 0)
  return { since: iso(sinceMs), requests: sum(WAYS), saved: sum(SAVED), calls, ways }
}
