/** The program with a number of entries in its cache, put there by a process of its own before it starts. */

import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { request } from 'undici'
import { CORES, cpuMs, freePort, launch, ownBytes, untilAnswers } from '../children.js'
import type { Child } from '../children.js'
import { median } from '../figures.js'
import { latenciesOf, walkMs } from '../load/client.js'
import { HEADERS } from '../hits/headers.js'

export const BODY_BYTES = 1_000
const CONNECTIONS = 50
const PATH = `/project/?limit=${BODY_BYTES}&offset=`
/** Prime, and far from all sizes: neighbours in the walk are no neighbours in memory. */
const STRIDE = 611_953

export interface Filled {
  readonly entries: number
  /** So many hits as fast as they are answered, of entries all over the cache. */
  hits(count: number): Promise<{ readonly perSecond: number; readonly cpuMicros: number }>
  /** One after the other; each outdates all that is cached. The median of their latencies. */
  writes(count: number): Promise<{ readonly medianMs: number; readonly cpuMicros: number }>
  /** With all entries in memory. */
  readonly ownBytes: number
  diskBytes(): number
  /** Stops it, and starts it again on what is on the disk. */
  restart(): Promise<Start>
  stop(): Promise<void>
}

export interface Start {
  /** From the command until it says that it is ready. */
  readonly readyMs: number
  /** Of the first read after that, a hit. */
  readonly firstHitMs: number
}

export async function startFilled(options: {
  readonly entries: number
  readonly origin: string
  readonly directory: string
}): Promise<Filled> {
  const { entries, origin, directory } = options
  const home = join(directory, `growth-${entries}`)
  const data = join(home, 'data')
  mkdirSync(home, { recursive: true })
  const settings = join(home, 'settings.yaml')
  writeFileSync(settings, JSON.stringify(SETTINGS))
  let port = 0
  let child: Child | undefined
  /** How far the walk has come. */
  let walked = 0

  const pid = (): number => child?.pid ?? 0
  const cpuMicrosSince = (before: number, count: number): number =>
    ((cpuMs([pid()]) - before) * 1_000) / count

  async function start(): Promise<number> {
    port = await freePort()
    const startedMs = performance.now()
    child = launch(
      process.execPath,
      [
        'dist/main.js',
        `--config=${settings}`,
        `--port=${port}`,
        `--upstream=${origin}/`,
        `--data-dir=${data}`,
      ],
      { core: CORES.server, logFile: join(home, 'proxy.log') },
    )
    const ready = `http://127.0.0.1:${port}/-/readyz`
    await untilAnswers(ready, child)
    const { statusCode, body } = await request(ready)
    const text = await body.text()
    if (statusCode !== 200) throw new Error(`not ready: ${text}`)
    return performance.now() - startedMs
  }

  async function fill(): Promise<void> {
    const args = [data, `${origin}/`, PATH, String(entries)]
    const filling = launch(process.execPath, ['--import', 'tsx', 'bench/growth/fill.ts', ...args])
    if ((await filling.ended) !== 0) throw new Error(`not filled: ${filling.output()}`)
  }

  async function walk(count: number): Promise<number> {
    const plan = { path: PATH, entries, stride: STRIDE, from: walked, count }
    walked = (walked + count) % entries
    return walkMs({ port, headers: HEADERS, connections: CONNECTIONS, walk: plan })
  }

  await start()
  await walk(1)
  await child?.stop()
  await fill()
  await start()
  await walk(entries)
  const filledBytes = ownBytes(pid())
  return {
    entries,
    ownBytes: filledBytes,
    async hits(count) {
      const before = cpuMs([pid()])
      const tookMs = await walk(count)
      return { perSecond: (count * 1_000) / tookMs, cpuMicros: cpuMicrosSince(before, count) }
    },
    async writes(count) {
      const before = cpuMs([pid()])
      const targets = Array.from({ length: count }, (_, id) => `/project/${id + 1}/`)
      const took = await latenciesOf({ port, headers: HEADERS, method: 'PUT', targets })
      return { medianMs: median(took), cpuMicros: cpuMicrosSince(before, count) }
    },
    diskBytes: () => statSync(join(data, 'cache.mdb')).size,
    async restart() {
      await child?.stop()
      const readyMs = await start()
      const startedMs = performance.now()
      const { headers, body } = await request(`http://127.0.0.1:${port}${PATH}0`, {
        headers: HEADERS,
      })
      await body.dump()
      const firstHitMs = performance.now() - startedMs
      const status = String(headers['cache-status'])
      if (!status.includes('; hit')) throw new Error(`no hit after the restart: ${status}`)
      return { readyMs, firstHitMs }
    },
    async stop() {
      await child?.stop()
    },
  }
}

/** As shipped, but with room for a million answers that stay fresh, and limits that nothing meets. */
const SETTINGS = {
  cache: {
    maxSize: '8GiB',
    maxDiskSize: '16GiB',
    resources: { project: { ttl: '24h', stale: '24h' } },
  },
  limits: { minute: { max: 100_000, window: '1s' }, day: { max: 100_000_000 } },
}
