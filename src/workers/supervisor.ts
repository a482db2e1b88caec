/**
 * Starts the workers of a primary, sends them what they need, replaces those that die, and stops them.
 * Workers answer cache hits; everything else comes through a socket that only this user can open.
 */

import cluster from 'node:cluster'
import type { Worker } from 'node:cluster'
import { join, resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { FastifyBaseLogger } from 'fastify'
import type { ChangeFeed, StoreUsage } from '../cache/index.js'
import type { Config } from '../config/schema.js'
import type { WorkerCore, WorkerPool } from '../server/ports/worker-pool.js'
import { CACHE_FILE } from '../server/data-dir/data-dir.js'
import { addCounts } from './metric-deltas.js'
import type { FromWorker, LimitUsage, WorkerConfig, ToWorker } from './worker-messages.js'
import { bytesOf, connectionsOf } from './worker-shares.js'
import { replacementDelayMs } from './replacement.js'

interface Member {
  readonly worker: Worker
  readonly startedMs: number
  stored: StoreUsage
}

const USAGE_EVERY_MS = 250
const STOP_GRACE_MS = 3_000
/** A worker that does not listen by then is killed and replaced. A busy machine takes some seconds. */
const START_WITHIN_MS = 60_000
const NONE: StoreUsage = { entries: 0, bytes: 0 }

export interface Supervisor extends Pick<WorkerPool, 'usage' | 'configure' | 'distrust' | 'stop'> {
  /**
   * Resolves when all workers listen.
   *
   * @throws Error with the code of `listen` when one cannot
   */
  start(core: WorkerCore, socketPath: string): Promise<{ host: string; port: number }>
}

export interface SupervisorDeps {
  readonly log: FastifyBaseLogger
  readonly monotonicMs: () => number
  /** Takes the log lines of a worker. */
  readonly forwardLog: (lines: Readable) => void
}

export function createSupervisor(
  { config, count }: { readonly config: Config; readonly count: number },
  { log, monotonicMs, forwardLog }: SupervisorDeps,
): Supervisor {
  const members = new Map<number, Member>()
  const timers = new Set<NodeJS.Timeout>()
  let current = config
  let edition = newEdition()
  let isRelayingAll = false
  let isStopping = false
  let quickDeaths = 0
  let isComplaining = false
  let sentUsage = ''
  let changeFeed: ChangeFeed | undefined
  let hasStarted = false
  let stopped: Promise<void> | undefined

  const sendAll = (message: ToWorker): void => {
    for (const { worker } of members.values()) if (worker.isConnected()) worker.send(message)
  }

  const killAll = (): void => {
    for (const { worker } of members.values()) worker.process.kill('SIGKILL')
  }
  const allGone = async (): Promise<void> => {
    await Promise.all([...members.values()].map(({ worker }) => ended(worker)))
  }

  function usageOf({ ledger }: WorkerCore): LimitUsage {
    const { window } = ledger.remaining('')
    const days = ledger.usage().days.map(({ account, max, used, resetAtWallMs }) => {
      return [account, { max, used, resetAtWallMs }] as const
    })
    return { window, days: Object.fromEntries(days) }
  }

  return {
    usage() {
      const all = [...members.values()].map(({ stored }) => stored)
      return {
        entries: all.reduce((sum, { entries }) => sum + entries, 0),
        bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
      }
    },
    async start(core, socketPath) {
      const { deps } = core
      cluster.setupPrimary({
        exec: fileURLToPath(new URL('./worker.js', import.meta.url)),
        args: [],
        serialization: 'advanced',
        // One process writes the log, so no two mix their lines.
        stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      })
      changeFeed = deps.disk?.changeFeed
      await changeFeed?.edition(edition)
      const seats = [...Array(count).keys()]
      const first = seats.map((seat) => startWorker(seat))
      const timer = setInterval(() => sendUsage(core), USAGE_EVERY_MS)
      timer.unref()
      timers.add(timer)
      const [address] = await Promise.all(first)
      hasStarted = true
      if (address === undefined) throw new TypeError('"count" must be 1 or more')
      return address

      /** Resolves when the worker listens. */
      function startWorker(seat: number): Promise<{ host: string; port: number }> {
        return new Promise((resolve, reject) => {
          const worker = cluster.fork()
          const member: Member = { worker, startedMs: monotonicMs(), stored: NONE }
          members.set(worker.id, member)
          const { stdout } = worker.process
          if (stdout !== null) forwardLog(stdout)
          const late = setTimeout(() => worker.process.kill('SIGKILL'), START_WITHIN_MS)
          worker.on('message', (message: FromWorker) => {
            if (message.kind === 'ready') {
              worker.send({ kind: 'start', worker: workerConfigFor(seat) } satisfies ToWorker)
            } else if (message.kind === 'listening') {
              clearTimeout(late)
              resolve(message)
            } else if (message.kind === 'failed') {
              reject(Object.assign(new Error(message.message), { code: message.code }))
            } else {
              member.stored = message.stored
              addCounts(core.metrics, message.counts)
              core.requests.merge(message.finished)
            }
          })
          worker.on('error', (error) => log.warn({ err: error }, 'a message to a worker was lost'))
          worker.once('exit', (code, signal) => {
            clearTimeout(late)
            members.delete(worker.id)
            deps.disk?.forgetDeadReaders()
            if (isStopping) return
            reject(new Error(`a worker ended with ${signal ?? code}`))
            if (!hasStarted) return
            const livedMs = monotonicMs() - member.startedMs
            replace(seat, { what: signal ?? `code ${code}`, pid: worker.process.pid, livedMs })
          })
        })
      }

      function replace(
        seat: number,
        died: { readonly what: string; readonly pid: number | undefined; readonly livedMs: number },
      ): void {
        const { delayMs, deaths } = replacementDelayMs(died.livedMs, quickDeaths)
        quickDeaths = deaths
        log.error(
          `worker ${died.pid} died (${died.what}) after ${Math.round(died.livedMs / 1_000)} s; another one starts in ${delayMs / 1_000} s. The others go on`,
        )
        const timer = setTimeout(() => {
          timers.delete(timer)
          startWorker(seat).then(
            () => log.info('a worker that died was replaced'),
            (error: unknown) => log.error({ err: error }, 'a worker could not be replaced'),
          )
        }, delayMs)
        timers.add(timer)
      }

      function workerConfigFor(seat: number): WorkerConfig {
        return {
          socketPath,
          file: join(resolve(config.store.dir), CACHE_FILE),
          secret: deps.secret(),
          version: deps.version,
          config: current,
          edition,
          // Also 0: node:cluster gives all workers the free port of the first one. It would take the number
          // of that port for another address, which is in use.
          port: config.server.port,
          maxConnections: connectionsOf(current.server.maxConnections, { seat, count }),
          maxBytes: bytesOf(current.cache.maxSize, count),
          usage: usageOf(core),
          isRelayingAll,
        }
      }

      function sendUsage(core: WorkerCore): void {
        const usage = usageOf(core)
        const { nextInMs, ...window } = usage.window
        // The time of the release, because the time until it would differ at each look.
        const at = Math.round((monotonicMs() + nextInMs) / 1_000)
        const text = JSON.stringify([window, at, usage.days])
        if (text === sentUsage) return
        sentUsage = text
        sendAll({ kind: 'usage', usage })
      }
    },
    configure(next) {
      current = next
      edition = newEdition()
      // Once this is on disk, a worker without the new configuration relays everything.
      void changeFeed?.edition(edition)
      sendAll({ kind: 'configuration', config: next, edition })
    },
    async distrust() {
      isRelayingAll = true
      if (!isComplaining) {
        log.error(
          'the cache on disk could not be written, so workers may not know of recent writes: they are restarted and relay everything until the proxy is restarted',
        )
      }
      isComplaining = true
      const gone = allGone()
      killAll()
      await gone
    },
    stop: () => (stopped ??= stopAll()),
  }

  async function stopAll(): Promise<void> {
    isStopping = true
    for (const timer of timers) clearTimeout(timer)
    const gone = allGone()
    sendAll({ kind: 'stop' })
    const timer = setTimeout(killAll, config.upstream.timeout + STOP_GRACE_MS)
    await gone
    clearTimeout(timer)
  }
}

/** Resolves when the process is gone, and its last message and log lines have arrived. */
async function ended(worker: Worker): Promise<void> {
  // Not `once` of node:events, which rejects when a message could not be sent.
  const closed = new Promise<void>((resolve) => worker.process.once('close', () => resolve()))
  const disconnected = new Promise<void>((resolve) => {
    if (worker.isConnected()) worker.once('disconnect', () => resolve())
    else resolve()
  })
  await Promise.all([closed, disconnected])
}

/** Unique, also for a worker that outlives its primary. */
const newEdition = (): string => crypto.randomUUID()
