/** A Redis of one's own: the distribution's server, on a free port, without a disk. */

import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const PROGRAM = 'redis-server'

/** What tests that need Redis are skipped with; false: it is there. */
export const withoutRedis: string | false =
  spawnSync(PROGRAM, ['--version']).status === 0
    ? false
    : 'needs redis-server: apt-get install redis-server'

export interface RedisProcess {
  readonly port: number
  readonly url: string
  /** One command by `redis-cli`'s protocol; resolves to the raw reply. */
  command(...args: string[]): Promise<string>
  signal(name: NodeJS.Signals): void
  /** kill -9, and after it a new one on the same port, without data. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** With these options besides. Whoever starts it calls `close`. */
export async function launchRedis(
  more: readonly string[] = [],
): Promise<RedisProcess & { close(): Promise<void> }> {
  const dir = mkdtempSync(join(tmpdir(), 'redis-'))
  const port = await freePort()
  let child = await launch()

  async function launch() {
    const options = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', dir, '--save', '']
    const started = spawn(PROGRAM, [...options, '--appendonly', 'no', ...more], { stdio: 'ignore' })
    for (;;) {
      const reply = await command('PING').catch(() => '')
      if (reply.startsWith('+PONG')) return started
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  function command(...args: string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('error', reject)
      socket.once('data', (data) => {
        socket.destroy()
        resolve(data.toString())
      })
      const parts = args.map((arg) => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`)
      socket.write(`*${args.length}\r\n${parts.join('')}`)
    })
  }

  async function stop(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
  }

  return {
    port,
    url: `redis://127.0.0.1:${port}/`,
    command,
    signal: (name) => child.kill(name),
    stop,
    async restart() {
      await stop()
      child = await launch()
    },
    async close() {
      await stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
