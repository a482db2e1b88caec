/** Simulator and proxy as processes of their own, as they are in life. */

import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Agent, request, setGlobalDispatcher } from 'undici'

setGlobalDispatcher(new Agent({ connections: 2_000, headersTimeout: 0, bodyTimeout: 0 }))

export interface Bench {
  readonly url: string
  get(path: string, headers?: Record<string, string>): Promise<Answer>
  stats(): Promise<Stats>
  arrivals(): Promise<readonly { readonly atMs: number; readonly target: string }[]>
  clear(): Promise<void>
  close(): Promise<void>
}

export interface Answer {
  readonly status: number
  readonly waitedMs: number
  readonly queuedMs: number
}

export interface Stats {
  readonly maxInAnyWindow: number
  readonly refused: { readonly minute: number; readonly day: number }
}

const authorization = `Basic ${Buffer.from('agencyadm01:X').toString('base64')}`

export async function startBench(options: {
  readonly max: number
  readonly windowMs: number
  readonly latencyMs: readonly [number, number]
}): Promise<Bench> {
  const { max, windowMs, latencyMs } = options
  const simulator = await start([
    'simulate',
    `--minute-max=${max}`,
    `--minute-window=${windowMs}ms`,
    '--minute-kinds=sliding,fixed,bucket',
    `--latency=${latencyMs[0]}ms,${latencyMs[1]}ms`,
    '--day-max=1000000',
  ])
  const dataDir = mkdtempSync(join(tmpdir(), 'intervals-proxy-bench-'))
  const proxy = await start(
    ['--port=0', `--upstream=${simulator.url}`, `--data-dir=${dataDir}`, '--log-level=warn'],
    {
      INTERVALS_PROXY_MINUTE_MAX: String(max),
      INTERVALS_PROXY_MINUTE_WINDOW: `${windowMs}ms`,
      INTERVALS_PROXY_DAY_MAX: '1000000',
      INTERVALS_PROXY_MAX_WAIT: '300s',
      INTERVALS_PROXY_MAX_QUEUE: '5000',
      INTERVALS_PROXY_MAX_QUEUE_PER_CONSUMER: '5000',
    },
  )
  const control = `${simulator.url}-simulator`
  return {
    url: proxy.url,
    async get(path, headers) {
      const startedMs = performance.now()
      const response = await request(proxy.url + path, {
        headers: { authorization, accept: 'application/json', ...headers },
      })
      await response.body.dump()
      const timing = String(response.headers['server-timing'] ?? '')
      return {
        status: response.statusCode,
        waitedMs: performance.now() - startedMs,
        queuedMs: Number(/queue;dur=([\d.]+)/.exec(timing)?.[1] ?? 0),
      }
    },
    stats: async () => (await (await request(`${control}/stats`)).body.json()) as Stats,
    arrivals: async () =>
      (await (await request(`${control}/journal`)).body.json()) as {
        atMs: number
        target: string
      }[],
    async clear() {
      await (await request(`${control}/journal`, { method: 'DELETE' })).body.dump()
    },
    async close() {
      await proxy.end()
      await simulator.end()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

async function start(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ url: string; end: () => Promise<void> }> {
  const child: ChildProcess = spawn(process.execPath, ['dist/main.js', ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const kill = (): boolean => child.kill()
  process.once('exit', kill)
  const ended = new Promise<void>((resolve) =>
    child.once('exit', () => {
      process.off('exit', kill)
      resolve()
    }),
  )
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${args[0]} ended with ${code}`)))
    if (child.stdout === null) return
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = /listening on (http:\/\/[\d.:]+\/?)/.exec(line)?.[1]
      if (found !== undefined) resolve(found)
    })
  })
  return {
    url,
    async end() {
      child.kill('SIGTERM')
      await ended
    },
  }
}
