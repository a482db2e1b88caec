/**
 * Processes and directories of the benchmarks. Whatever was begun here ends with this process, also on
 * Ctrl-C.
 */

import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { request } from 'undici'

const running = new Set<ChildProcess>()
const directories = new Set<string>()

process.once('exit', () => {
  // What has children of its own ends them only when it is asked to.
  for (const child of running) child.kill('SIGTERM')
  for (const path of directories) rmSync(path, { recursive: true, force: true, maxRetries: 3 })
})
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.once(signal, () => process.exit(code))
}

/** Servers on the first core, load on the second: neither takes time from the other. */
export const CORES = { server: 0, load: 1 } as const
export type Core = (typeof CORES)[keyof typeof CORES] | 'all'

const isPinned = cpus().length >= 2 && isInstalled('taskset')

export const pinning = (): string =>
  isPinned
    ? 'servers on core 0, load and origin on core 1'
    : 'not pinned to cores: taskset or a second core is missing'

export function isInstalled(program: string): boolean {
  return spawnSync('which', [program]).status === 0
}

export interface Child {
  readonly pid: number
  /** Everything on standard output, unless that went to a file; and on standard error. */
  output(): string
  /** Resolves to the exit code. */
  readonly ended: Promise<number | null>
  stop(): Promise<void>
}

export interface LaunchOptions {
  readonly core?: Core
  readonly env?: Readonly<Record<string, string>>
  /** Standard output goes to this file, as the log of a service does. */
  readonly logFile?: string
}

const OUTPUT_MAX = 1_000_000

export function launch(
  command: string,
  args: readonly string[],
  { core = CORES.server, env = {}, logFile }: LaunchOptions = {},
): Child {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('INTERVALS_PROXY_') && name !== 'NODE_OPTIONS',
  )
  const [program, ...rest] =
    isPinned && core !== 'all'
      ? ['taskset', '-c', String(core), command, ...args]
      : [command, ...args]
  const log = logFile === undefined ? undefined : openSync(logFile, 'a')
  const child = spawn(program ?? command, rest, {
    env: { ...Object.fromEntries(inherited), NODE_ENV: 'production', ...env },
    stdio: ['ignore', log ?? 'pipe', 'pipe'],
  })
  if (log !== undefined) closeSync(log)
  running.add(child)
  let output = ''
  const keep = (chunk: Buffer): void => {
    if (output.length < OUTPUT_MAX) output += chunk.toString()
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  const ended = new Promise<number | null>((resolve) => {
    child.once('error', (error) => {
      output += String(error)
      running.delete(child)
      resolve(null)
    })
    child.once('close', (code) => {
      running.delete(child)
      resolve(code)
    })
  })
  return {
    pid: child.pid ?? 0,
    output: () => output,
    ended,
    async stop() {
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), 5_000)
      await ended
      clearTimeout(timer)
    },
  }
}

export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'intervals-proxy-bench-'))
  directories.add(path)
  return path
}

export function removeDirectory(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 3 })
  directories.delete(path)
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Waits until something answers over HTTP; a 5xx is said by what is not ready, and is waited out. */
export async function untilAnswers(url: string, child: Child, withinMs = 20_000): Promise<void> {
  const deadlineMs = performance.now() + withinMs
  let hasEnded = false
  void child.ended.then(() => (hasEnded = true))
  for (;;) {
    let cause: unknown
    try {
      const { statusCode, body } = await request(url, { headersTimeout: 2_000 })
      await body.dump()
      if (statusCode < 500) return
      cause = new Error(`answered with ${statusCode}`)
    } catch (error) {
      cause = error
    }
    if (hasEnded) throw new Error(`ended at once: ${child.output()}`, { cause })
    if (performance.now() > deadlineMs) {
      throw new Error(`nothing good at ${url}: ${child.output()}`, { cause })
    }
    await wait(5)
  }
}

const CLOCK_TICKS_PER_SECOND = 100

/** Processor time of processes and all below them, milliseconds; NaN where there is no /proc. */
export function cpuMs(pids: readonly number[]): number {
  try {
    const all = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap(statOf)
    const counted = new Set(pids)
    // Once more for each generation: a parent may come after its child.
    for (let size = 0; size !== counted.size;) {
      size = counted.size
      for (const { pid, parent } of all) if (counted.has(parent)) counted.add(pid)
    }
    const ticks = all.reduce((sum, one) => sum + (counted.has(one.pid) ? one.ticks : 0), 0)
    return (ticks * 1_000) / CLOCK_TICKS_PER_SECOND
  } catch {
    return Number.NaN
  }
}

/** Of those that were started here and have ended, milliseconds; NaN where there is no /proc. */
export function endedMs(): number {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return ((Number(fields[13]) + Number(fields[14])) * 1_000) / CLOCK_TICKS_PER_SECOND
  } catch {
    return Number.NaN
  }
}

function statOf(pid: string): readonly { pid: number; parent: number; ticks: number }[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name of the program, in brackets, may hold spaces.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const ticks = Number(fields[11]) + Number(fields[12])
    return [{ pid: Number(pid), parent: Number(fields[1]), ticks }]
  } catch {
    // It has ended meanwhile.
    return []
  }
}

/**
 * Memory that is a process' own, bytes. Pages of mapped files are not in it: the system takes those back
 * when it needs them. NaN where there is no /proc.
 */
export function ownBytes(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Number(/^RssAnon:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN) * 1_024
  } catch {
    return Number.NaN
  }
}
