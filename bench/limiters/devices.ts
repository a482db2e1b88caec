/** Who is compared: the proxy itself, and a forwarder around each limiter in its best known settings. */

import { join } from 'node:path'
import { buildSync } from 'esbuild'
import { launch } from '../children.js'
import type { Child, Core } from '../children.js'
import type { LimiterPlan } from './limiter.js'

export const MAX = 100
/** The longest time on the way, ms: what one who knows it adds to the window. */
export const LATENCY_MS = 300

export interface Place {
  readonly port: number
  readonly upstream: string
  /** Its own; what is in it outlives the process. */
  readonly directory: string
  /** What buildForwarder wrote. */
  readonly program: string
  readonly core?: Core
}

export interface Device {
  readonly name: string
  readonly hasPriorities: boolean
  /** The same limiter as another one, set up in another way: it is as fair. */
  readonly isVariant: boolean
  start(place: Place): Child
}

export const OURS = 'this proxy'

export function devicesFor(windowMs: number, { isQuick }: { readonly isQuick: boolean }) {
  const reservoir = (amount: number, minTime = 0): LimiterPlan => ({
    kind: 'bottleneck',
    options: {
      reservoir: amount,
      reservoirRefreshAmount: amount,
      reservoirRefreshInterval: windowMs,
      minTime,
    },
  })
  // Its priorities need a maxConcurrent; ten are more than are under way at this rate.
  const minTime = (ms: number): LimiterPlan => ({
    kind: 'bottleneck',
    options: { minTime: ms, maxConcurrent: 10 },
  })
  const points = (points: number): LimiterPlan => ({
    kind: 'rate-limiter-flexible',
    points,
    seconds: windowMs / 1_000,
  })
  const pQueue = (options: { strict?: boolean; carryoverIntervalCount?: boolean }, more = 0) =>
    ({
      kind: 'p-queue',
      options: { intervalCap: MAX, interval: windowMs + more, ...options },
    }) as const
  const few: readonly Device[] = [
    forwarder('Bottleneck, reservoir 100', reservoir(MAX)),
    forwarder('rate-limiter-flexible, queue, 100', points(MAX)),
    forwarder('p-queue, strict, 100', pQueue({ strict: true })),
    ours(windowMs),
  ]
  if (isQuick) return few
  return [
    forwarder('Bottleneck, reservoir 100', reservoir(MAX)),
    // 333 ms of 60 s, the example of its documentation.
    forwarder('Bottleneck, reservoir 100, minTime W/180', reservoir(MAX, windowMs / 180), true),
    forwarder('Bottleneck, reservoir 50', reservoir(MAX / 2), true),
    forwarder('Bottleneck, minTime W/100', minTime(windowMs / MAX)),
    forwarder('Bottleneck, minTime (W + 300 ms)/100', minTime((windowMs + LATENCY_MS) / MAX), true),
    forwarder('rate-limiter-flexible, queue, 100', points(MAX)),
    forwarder('rate-limiter-flexible, queue, 50', points(MAX / 2), true),
    forwarder('p-queue, 100', pQueue({})),
    forwarder('p-queue, 100, carryover', pQueue({ carryoverIntervalCount: true }), true),
    forwarder('p-queue, strict, 100', pQueue({ strict: true })),
    forwarder('p-queue, strict, 100 in W + 300 ms', pQueue({ strict: true }, LATENCY_MS), true),
    ours(windowMs),
  ]
}

/** As one file, so that it starts as fast as a program that is installed: half a second less than by tsx. */
export function buildForwarder(directory: string): string {
  const outfile = join(directory, 'forwarder.cjs')
  buildSync({
    entryPoints: ['bench/limiters/forwarder.ts'],
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    outfile,
    logLevel: 'warning',
  })
  return outfile
}

export function forwarder(name: string, limiter: LimiterPlan, isVariant = false): Device {
  return {
    name,
    isVariant,
    hasPriorities: limiter.kind === 'bottleneck' || limiter.kind === 'p-queue',
    start: ({ port, upstream, program, core = 'all' }) =>
      launch(process.execPath, [program, JSON.stringify({ port, upstream, limiter })], { core }),
  }
}

/** As shipped but for its limits, for waits as long as those of the others, and without an access log. */
export function ours(windowMs: number, { name = OURS, max = MAX, data = '' } = {}): Device {
  return {
    name,
    isVariant: false,
    hasPriorities: true,
    start: ({ port, upstream, directory, core = 'all' }) =>
      launch(
        process.execPath,
        [
          'dist/main.js',
          `--port=${port}`,
          `--upstream=${upstream}/`,
          `--data-dir=${data === '' ? join(directory, 'data') : data}`,
          '--log-level=warn',
        ],
        {
          core,
          env: {
            INTERVALS_PROXY_MINUTE_MAX: String(max),
            INTERVALS_PROXY_MINUTE_WINDOW: `${windowMs}ms`,
            INTERVALS_PROXY_DAY_MAX: '10000000',
            INTERVALS_PROXY_MAX_WAIT: '300s',
            INTERVALS_PROXY_MAX_QUEUE: '5000',
            INTERVALS_PROXY_MAX_QUEUE_PER_CONSUMER: '5000',
          },
        },
      ),
  }
}
