/**
 * Where the examples of one page run: an empty directory, a simulator, a proxy before it, and the
 * commands that the pages name. Addresses and tokens in an example become those of this place.
 */
import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openStage } from '../../src/demo/stage.js'
import { inProject } from '../project.js'
import type { Example } from './example.js'

const MAIN = fileURLToPath(inProject('dist/main.js'))

/** How long an example may take, and a server until it listens. */
const TIMEOUT_MS = 60_000

export interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface Surroundings {
  readonly dir: string
  /** The text of an example as it is run here. */
  here(text: string): string
  run(command: string, args: readonly string[]): Promise<Ran>
  /** Runs it in bash until it listens; later examples find it where they expect it. */
  startServer(example: Example): Promise<void>
  close(): Promise<void>
}

/** The path of a command of this machine; undefined where there is none. */
export function commandPath(name: string): string | undefined {
  try {
    return execFileSync('/bin/sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim()
  } catch {
    return undefined
  }
}

export async function openSurroundings(): Promise<Surroundings> {
  // A busy machine is no reason to refuse what an example asks for.
  const stage = await openStage({ isUnderPressure: () => false })
  const dir = mkdtempSync(join(tmpdir(), 'examples-'))
  const bin = join(dir, '.bin')
  mkdirSync(bin)
  const put = (name: string, line: string): void => {
    writeFileSync(join(bin, name), `#!/bin/sh\nexec ${line} "$@"\n`)
    chmodSync(join(bin, name), 0o755)
  }
  put('intervals-proxy', `"${process.execPath}" "${MAIN}"`)
  // An error is a failure of the example, which says "|| true" where it shows one.
  put('curl', `${commandPath('curl') ?? 'false'} --fail-with-body --max-time 30`)
  let proxyUrl = stage.proxyUrl
  let simulatorUrl = stage.simulator.url.replace(/\/$/u, '')
  const servers = new Set<() => Promise<void>>()

  const environment = (port: string): NodeJS.ProcessEnv => ({
    PATH: `${bin}:${process.env['PATH'] ?? ''}`,
    HOME: dir,
    LANG: 'C.UTF-8',
    INTERVALS_PROXY_PORT: port,
    INTERVALS_PROXY_UPSTREAM: `${simulatorUrl}/`,
    INTERVALS_PROXY_MAX_EVENT_LOOP_DELAY: '0ms',
  })
  const start = (command: string, args: readonly string[], port: string) => {
    const child = spawn(command, args, {
      cwd: dir,
      env: environment(port),
      stdio: ['ignore', 'pipe', 'pipe'],
      // With what it starts, so that all of it can be ended.
      detached: true,
    })
    const printed = { out: '', err: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => (printed.out += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (printed.err += text))
    const ended = new Promise<Ran>((resolve, reject) => {
      child.once('error', reject).once('close', (code) => resolve({ code, ...printed }))
    })
    const stop = (signal: NodeJS.Signals): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, signal)
      } catch {
        // It has ended already.
      }
    }
    return { child, printed, ended, stop }
  }

  const here = (text: string): string =>
    text
      .replaceAll(/https?:\/\/127\.0\.0\.1:8080/gu, proxyUrl)
      .replaceAll(/http:\/\/127\.0\.0\.1:9090/gu, simulatorUrl)
      .replaceAll(/--port \d+/gu, '--port 0')
      .replaceAll(/(?<![\w.])\/(?:tmp|run)\//gu, `${dir}/`)
      .replaceAll(/\bTOKEN(?=:X|')/gu, 'agencyadm01')
      .replaceAll(/"TOKEN"/gu, '"agencyadm01"')

  return {
    dir,
    here,
    async run(command, args) {
      const { ended, stop } = start(command, args, new URL(proxyUrl).port)
      const timer = setTimeout(() => stop('SIGKILL'), TIMEOUT_MS)
      return ended.finally(() => clearTimeout(timer))
    },
    async startServer({ text }) {
      const { child, printed, ended, stop } = start('bash', ['-euc', here(text)], '0')
      servers.add(async () => {
        stop('SIGTERM')
        await ended
      })
      const url = await new Promise<string>((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`not listening: ${printed.err}`)),
          TIMEOUT_MS,
        )
        const look = (): void => {
          const found = /listening.*?(https?:\/\/[\d.]+:\d+)/u.exec(printed.out)?.[1]
          if (found !== undefined) resolve(found)
        }
        child.stdout.on('data', look)
        child.once('close', () => reject(new Error(`ended: ${printed.err}${printed.out}`)))
        void ended.finally(() => clearTimeout(timer))
      })
      if (/\bsimulate\b/u.test(text)) simulatorUrl = url
      else proxyUrl = url
    },
    async close() {
      for (const stop of servers) await stop()
      await stage.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
