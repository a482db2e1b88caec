/** A replica as a process of its own, which may be killed, stopped and cut off. */

import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { request } from 'undici'
import { layCable } from './cable.js'
import type { Cable } from './cable.js'

export interface Replica {
  readonly name: string
  readonly cable: Cable
  start(): Promise<void>
  kill(): Promise<void>
  signal(name: NodeJS.Signals): void
  /** The status; 0 where nobody answered. */
  get(path: string, headers: Readonly<Record<string, string>>): Promise<number>
  /** What it warned of. */
  readonly warnings: string[]
  close(): Promise<void>
}

export async function replicaOf(options: {
  readonly name: string
  readonly redisPort: number
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Given to Node before the program. */
  readonly nodeArgs?: readonly string[]
}): Promise<Replica> {
  const { name, redisPort, args, env, nodeArgs = [] } = options
  const cable = await layCable(redisPort)
  const inherited = Object.entries(process.env).filter(
    ([key]) => !key.startsWith('INTERVALS_PROXY_') && key !== 'NODE_OPTIONS',
  )
  const warnings: string[] = []
  let child: ChildProcess | undefined
  let url: string | undefined

  async function kill(): Promise<void> {
    const dying = child
    child = undefined
    url = undefined
    if (dying === undefined) return
    const ended = new Promise((resolve) => dying.once('exit', resolve))
    dying.kill('SIGKILL')
    await ended
  }

  return {
    name,
    cable,
    warnings,
    async start() {
      const started = spawn(
        process.execPath,
        [...nodeArgs, 'dist/main.js', '--port', '0', ...args],
        {
          env: {
            ...Object.fromEntries(inherited),
            ...env,
            INTERVALS_PROXY_REDIS_URL: `redis://127.0.0.1:${cable.port}/`,
          },
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      )
      child = started
      url = await new Promise<string>((resolve, reject) => {
        started.once('exit', (code, signal) =>
          reject(new Error(`${name}: ${code ?? signal} before it listened`)),
        )
        createInterface({ input: started.stdout }).on('line', (line) => {
          const found = /listening on (http:\/\/[\d.:]+)/u.exec(line)?.[1]
          if (found !== undefined) resolve(found)
          else if (warnings.length < 1_000) warnings.push(line)
        })
      })
    },
    kill,
    signal: (signal) => void child?.kill(signal),
    async get(path, headers) {
      if (url === undefined) return 0
      try {
        const { statusCode, body } = await request(`${url}${path}`, {
          headers,
          headersTimeout: 15_000,
          bodyTimeout: 15_000,
        })
        await body.dump()
        return statusCode
      } catch {
        return 0
      }
    },
    async close() {
      await kill()
      await cable.close()
    },
  }
}
