/** The process around the app: data directory, logger, listening, signals. */

import closeWithGrace from 'close-with-grace'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { createMemoryJournal } from '../limits/index.js'
import type { Clock } from '../limits/index.js'
import { buildApp } from './app.js'
import { systemClock } from './clock.js'
import type { LoadResult } from '../config/load.js'
import type { Config } from '../config/schema.js'
import { openDataDir } from './data-dir/data-dir.js'
import type { AppDeps } from './app-deps.js'
import { StartRefusedError } from './start-refused.js'
import type { LogOutput } from '../observability/log-output.js'
import { createLogger } from '../observability/logger.js'
import type { OwnLog } from '../observability/logger.js'
import { createUsageStamp } from './data-dir/usage-stamp.js'
import type { UsageStamp } from './data-dir/usage-stamp.js'
import { stampingJournal } from './data-dir/stamping-journal.js'
import { reload } from './reload/reload.js'
import { openTrustedCa } from './reload/trusted-ca.js'
import type { TrustedCa } from './reload/trusted-ca.js'
import { watchFiles } from './reload/watch.js'
import { isFailedCommit } from '../storage/failed-commit.js'
import { readTls, reloadTls } from './edge/tls/listener.js'
import { whatHangUpMeans } from './hang-up.js'
import { listeningLine } from './listening-line.js'
import { version } from './version.js'
import type { Features } from './ports/features.js'
import type { WorkerPool } from './ports/worker-pool.js'

/** For requests in flight at a stop, beyond upstream.timeout. */
const GRACE_MS = 5_000
/** For the last log lines. */
const DRAIN_LOG_WITHIN_MS = 1_000

/** Where the configuration came from, to be read again. */
export interface ConfigSource {
  readonly load: () => LoadResult
  /** The files that the last `load` has read, absolute. */
  readonly files: () => readonly string[]
}

/** @throws StartRefusedError when the data directory or the port cannot be used */
export async function serve(
  config: Config,
  {
    warnings,
    source,
    env,
    features,
  }: {
    readonly warnings: readonly string[]
    readonly source: ConfigSource
    readonly env: Readonly<Record<string, string | undefined>>
    readonly features: Features
  },
): Promise<void> {
  // What the data directory holds is for this user alone, also what LMDB makes there.
  process.umask(0o077)
  const clock = systemClock()
  // A closed standard output must not end the proxy.
  process.stdout.removeAllListeners('error').on('error', () => {})
  const { logger, output, forward: forwardLog } = openLog(config)
  for (const warning of warnings) logger.warn(warning)
  const tls = readTls(config)
  const { redis: url } = config.store
  const around = { clock, log: logger, features }
  const workers = features.createWorkers?.(config, { ...around, forwardLog })
  const deps =
    url === undefined
      ? await embedded(config, { ...around, workers })
      : await onRedis(config, { ...around, url })
  const { ca } = config.upstream
  const trusted = ca === undefined ? undefined : openTrustedCa(ca)
  const tracing = await features.openTracing?.(env)
  const app = await buildApp(config, {
    ...deps,
    clock,
    version: version(),
    ...(tracing !== undefined && { tracing }),
    logger,
    logOutput: output,
    installs: features.installs,
    features: features.pipeline,
    // The workers have it, where there are any.
    ...(tls !== undefined && workers === undefined && { tls: tls.pair }),
    ...(workers !== undefined && { workers }),
    ...(trusted !== undefined && { upstreamCa: trusted.current }),
  })
  if (tls !== undefined && workers === undefined) reloadTls(app, tls, clock)
  reloadOn(app, source, { workers, output, trusted })
  try {
    const { host, port } = config.server
    const address =
      workers === undefined
        ? await app.listen({
            host,
            port,
            listenTextResolver: (address) => listeningLine(address, config),
          })
        : await workers.listen(app, {
            ...app.primary,
            config,
            deps: { ...deps, version: version() },
          })
    // Scripts wait for this line on standard output, whatever the log settings.
    const isLogged = config.log.file === undefined && logger.isLevelEnabled('info')
    if (!isLogged) process.stdout.write(`${listeningLine(address, config)}\n`)
  } catch (error) {
    await app.close()
    throw new StartRefusedError(listenProblem(error, config), { cause: error })
  }

  process.on('unhandledRejection', (error) => {
    if (!isFailedCommit(error)) throw error
    logger.error({ err: error }, 'a file of the data directory could not be written')
  })
  closeWithGrace(
    // SIGHUP is for reloadOn.
    {
      delay: config.upstream.timeout + 2 * GRACE_MS,
      logger: false,
      skip: ['SIGHUP', 'unhandledRejection'],
    },
    async ({ signal, err }) => {
      if (err !== undefined) logger.fatal({ err }, 'unhandled error; shutting down')
      else
        logger.info(
          `${signal}: shutting down. Requests in flight are finished, new ones get 503. A second signal ends the proxy at once`,
        )
      await Promise.all([workers?.stop(), app.close()])
      logger.info('stopped')
      await output.drained(DRAIN_LOG_WITHIN_MS)
    },
  )
}

function openLog({ log }: Config): OwnLog {
  try {
    return createLogger(log)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const message = `log.file ${log.file} cannot be opened (${code}): name a file that uid ${process.getuid?.() ?? '?'} may write`
    throw new StartRefusedError(message, { cause: error })
  }
}

type StateDeps = Pick<
  AppDeps,
  'journal' | 'spending' | 'openFile' | 'disk' | 'idempotency' | 'secret' | 'newDisk' | 'shared'
>

interface Around {
  readonly clock: Clock
  readonly log: FastifyBaseLogger
  readonly features: Features
}

/** What several proxies share; nothing of it is on this machine. */
async function onRedis(
  config: Config,
  { clock, log, features, url }: Around & { readonly url: string },
): Promise<StateDeps> {
  const redis = await features.loadRedis?.()
  if (redis === undefined) {
    throw new StartRefusedError('this build has no support for store.redis: remove the setting')
  }
  const shared = await redis.openSharedState(config, { clock, log, url })
  return { shared, secret: shared.secret, journal: createMemoryJournal(), newDisk: 'idle' }
}

/** What the data directory holds, after a word about what is not as it was left. */
async function embedded(
  config: Config,
  { clock, log, features, workers }: Around & { readonly workers: WorkerPool | undefined },
): Promise<StateDeps> {
  const dataDir = await openDataDir(config.store.dir, clock, {
    origin: config.upstream.url,
    maxBytes: config.cache.maxDiskSize,
    maxEntryBytes: config.cache.maxEntrySize,
    log,
    onLost: () => {
      // Ends the process in order, like every other error that leaves no way on.
      setImmediate(() => {
        throw new Error(`another process has taken the data directory ${config.store.dir}`)
      })
    },
    ...(workers !== undefined && { readers: { lost: () => workers.distrust() } }),
  })
  const stamp = createUsageStamp(dataDir.path, config.upstream.url, clock)
  const newDisk = newDiskOf(config, { stamp, wasDamaged: dataDir.isLedgerLost })
  const idempotency = features.openKeyRecords?.(dataDir, { log, clock })
  return {
    journal: stampingJournal(dataDir.journal, stamp, clock),
    spending: dataDir.spending,
    openFile: dataDir.openFile,
    disk: dataDir.disk,
    ...(idempotency !== undefined && { idempotency }),
    secret: () => dataDir.secret,
    newDisk,
  }
}

interface Reloadable {
  readonly workers: WorkerPool | undefined
  readonly output: LogOutput
  readonly trusted: TrustedCa | undefined
}

/**
 * On SIGHUP, and when the file or one that it names changes. Where SIGHUP says that the terminal is gone,
 * the proxy is to end, or it would keep the port and the data directory with nobody to see it.
 */
function reloadOn(
  app: FastifyInstance,
  { load, files }: ConfigSource,
  { workers, output, trusted }: Reloadable,
): void {
  const { log } = app
  const runtime = {
    get config() {
      return app.runtime.config
    },
    reload(next: Config) {
      app.runtime.reload(next)
      workers?.configure(next)
    },
  }
  const refresh = (): readonly string[] => (trusted?.refresh() === true ? ['upstream.ca'] : [])
  const again = (cause: string): void => void reload({ runtime, load, log, refresh }, cause)
  const meaning = whatHangUpMeans()
  const hangUp = (): void => {
    if (meaning() === 'stop') process.kill(process.pid, 'SIGTERM')
    else {
      output.reopen()
      again('SIGHUP')
    }
  }
  const watched = watchFiles({ files, changed: () => again('a changed file') })
  process.on('SIGHUP', hangUp)
  app.addHook('onClose', async () => {
    process.off('SIGHUP', hangUp)
    watched.close()
  })
}

function newDiskOf(
  config: Config,
  { stamp, wasDamaged }: { stamp: UsageStamp; wasDamaged: boolean },
): 'full' | 'idle' {
  if (wasDamaged || config.store.newDisk === 'wait') return 'full'
  if (config.store.newDisk === 'trust') return 'idle'
  return stamp.isRecent(config.limits.minute.window + GRACE_MS) ? 'full' : 'idle'
}

function listenProblem(error: unknown, { server }: Config): string {
  const { code, message } = error as NodeJS.ErrnoException
  const where = `${server.host}:${server.port}`
  if (code === 'EADDRINUSE') {
    return `${where} is taken by another program: stop that one, or choose another port with --port (0 takes a free one)`
  }
  if (code === 'EACCES') return `${where} needs more rights: choose a port above 1023 with --port`
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return `${server.host} is no address of this machine: choose another with --host`
  }
  return `cannot listen on ${where}: ${message}`
}
