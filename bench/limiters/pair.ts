/** One proxy and its own judge: a simulator that counts by itself what arrives. */

import { mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { request } from 'undici'
import { launch, untilAnswers } from '../children.js'
import type { Child } from '../children.js'
import { AUTHORIZATION } from '../hits/headers.js'
import { LATENCY_MS, MAX } from './devices.js'
import type { Device } from './devices.js'
import { openWay } from './way.js'

export interface Arrival {
  readonly atMs: number
  readonly wallMs: number
  readonly target: string
  readonly status?: number
  /** 12: refused, too fast. */
  readonly apiCode?: number
}

export interface Call {
  readonly consumer: string
  readonly priority?: 'background' | 'interactive'
}

export interface Pair {
  readonly device: Device
  /** Starts the proxy, on what it left on the disk when it ran before. */
  start(): Promise<void>
  /** As a crash would. */
  kill(): Promise<void>
  /** A call for something that nobody has asked for; its target. Rejects where nothing listens. */
  call(call: Call): { readonly target: string; readonly status: Promise<number> }
  arrivals(): Promise<readonly Arrival[]>
  clear(): Promise<void>
  /** From now on half of the latency lies on the way to the judge; else all of it after it has counted. */
  takes(way: 'half there' | 'all back'): void
  close(): Promise<void>
}

let next = 0

export async function openPair(options: {
  readonly device: Device
  readonly directory: string
  readonly program: string
  readonly windowMs: number
}): Promise<Pair> {
  const { device, program, windowMs } = options
  const directory = join(options.directory, String(next++))
  mkdirSync(directory)
  const judgePort = await fixedPort()
  const judge = launch(
    process.execPath,
    [
      'dist/main.js',
      'simulate',
      `--port=${judgePort}`,
      '--day-max=1000000',
      `--minute-max=${MAX}`,
      `--minute-window=${windowMs}ms`,
      '--minute-kinds=sliding,fixed,bucket',
    ],
    { core: 'all' },
  )
  const control = `http://127.0.0.1:${judgePort}/-simulator`
  await untilAnswers(`${control}/stats`, judge, 60_000)
  const way = await openWay(`http://127.0.0.1:${judgePort}`)
  way.takes(0, LATENCY_MS)
  const port = await fixedPort()
  const url = `http://127.0.0.1:${port}`
  let child: Child | undefined
  const kill = async (): Promise<void> => {
    if (child === undefined) return
    process.kill(child.pid, 'SIGKILL')
    await child.ended
    child = undefined
  }
  return {
    device,
    kill,
    async start() {
      child = device.start({ port, upstream: way.url, directory, program })
      await untilAnswers(`${url}/-/livez`, child, 60_000)
    },
    call({ consumer, priority = 'interactive' }) {
      const target = `/client/?limit=1&offset=${next++}`
      return { target, status: ask(url + target, consumer, priority) }
    },
    arrivals: async () =>
      (await (await request(`${control}/journal`)).body.json()) as readonly Arrival[],
    clear: async () =>
      (await request(`${control}/journal`, { method: 'DELETE' })).body.dump().then(() => {}),
    takes(how) {
      const thereMs = how === 'half there' ? LATENCY_MS / 2 : 0
      way.takes(thereMs, LATENCY_MS - thereMs)
    },
    async close() {
      await kill()
      await way.close()
      await judge.stop()
    },
  }
}

async function ask(url: string, consumer: string, priority: string): Promise<number> {
  const { statusCode, body } = await request(url, {
    headers: {
      authorization: AUTHORIZATION,
      accept: 'application/json',
      'intervals-proxy-consumer': consumer,
      'intervals-proxy-priority': priority,
    },
  })
  await body.dump()
  return statusCode
}

/** Below those that a system gives to whoever connects: it stays free while its process is restarted. */
async function fixedPort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000)
    const server = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
    })
    if (isFree) return port
  }
}
