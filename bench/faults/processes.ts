/** The proxy as it is in life, watched from outside; and the simulator with its faults. */

import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export interface Sample {
  readonly heapBytes: number
  readonly rssBytes: number
  readonly externalBytes: number
  /** What keeps the event loop alive: timers, sockets, requests. */
  readonly resources: number
  /** Open files and sockets. */
  readonly descriptors: number
}

export interface Running {
  readonly url: string
  readonly port: number
  /** Lines of the log by level and message; only the first of each kind is kept whole. */
  readonly lines: Map<string, { count: number; first: string }>
  /** Everything on standard error. */
  readonly errors: () => string
  /** Set when it has ended by itself. */
  readonly died: () => string | undefined
  sample(): Promise<Sample>
  /** Resolves to its exit code, or to the signal that ended it. */
  stop(): Promise<number | string | null>
}

const SAMPLE_WITHIN_MS = 10_000

export async function start(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Running> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('INTERVALS_PROXY_') && name !== 'NODE_OPTIONS',
  )
  const node = ['--unhandled-rejections=strict', '--trace-warnings', '--expose-gc']
  const child = spawn(
    process.execPath,
    [...node, '--import', './bench/faults/probe.mjs', 'dist/main.js', ...args],
    { env: { ...Object.fromEntries(inherited), ...env }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
  )
  process.once('exit', () => child.kill('SIGKILL'))
  let [errors, isStopping] = ['', false]
  let died: string | undefined
  const lines: Running['lines'] = new Map()
  child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString().slice(0, 10_000)))
  const ended = new Promise<number | string | null>((resolve) => {
    child.once('exit', (code, signal) => {
      if (!isStopping) died = `exit ${code ?? signal}`
      resolve(code ?? signal)
    })
  })
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${args[0]} ended with ${code}: ${errors}`)))
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const found = /listening on (http:\/\/[\d.:]+)/.exec(line)?.[1]
      if (found !== undefined) resolve(found)
      count(lines, line)
    })
  })
  return {
    url,
    port: Number(new URL(url).port),
    lines,
    errors: () => errors,
    died: () => died,
    sample: () =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`no sample within ${SAMPLE_WITHIN_MS} ms`)),
          SAMPLE_WITHIN_MS,
        )
        child.once('message', (held) => {
          clearTimeout(timer)
          const descriptors = readdirSync(`/proc/${child.pid}/fd`).length
          resolve({ ...(held as Omit<Sample, 'descriptors'>), descriptors })
        })
        child.send('sample')
      }),
    async stop() {
      isStopping = true
      child.kill('SIGTERM')
      return ended
    },
  }
}

function count(lines: Running['lines'], line: string): void {
  let kind = line
  try {
    const { level, msg, err } = JSON.parse(line) as {
      level: number
      msg: string
      err?: { message?: string }
    }
    // Numbers differ from line to line, the kind does not.
    kind = `${level} ${msg}${err === undefined ? '' : `: ${err.message}`}`.replaceAll(/\d+/g, 'N')
    kind = `${level}${kind.slice(kind.indexOf(' '))}`
  } catch {
    // Not JSON: a line of its own kind.
  }
  const known = lines.get(kind)
  if (known !== undefined) known.count++
  else if (lines.size < 500) lines.set(kind, { count: 1, first: line })
}

export function temporaryDirectory() {
  const path = mkdtempSync(join(tmpdir(), 'intervals-proxy-soak-'))
  return {
    path,
    write(name: string, text: string): string {
      writeFileSync(join(path, name), text)
      return join(path, name)
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  }
}
