/** The proxy as a process of its own, to be killed. */

import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface ProxyProcess {
  readonly url: string
  readonly child: ChildProcess
  /** Resolves when it has ended. */
  kill(signal: NodeJS.Signals): Promise<void>
}

export interface ProxySettings {
  readonly upstream: string
  readonly dataDir: string
  readonly env?: Readonly<Record<string, string>>
}

export async function startProxy({ upstream, dataDir, env }: ProxySettings): Promise<ProxyProcess> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('INTERVALS_PROXY_') && name !== 'NODE_OPTIONS',
  )
  const child = spawn(
    process.execPath,
    ['dist/main.js', '--port', '0', '--upstream', upstream, '--data-dir', dataDir],
    { env: { ...Object.fromEntries(inherited), ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`exit ${code} before it listened: ${errors}`)))
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = /listening on (http:\/\/[\d.:]+)/.exec(line)?.[1]
      if (found !== undefined) resolve(found)
    })
  })
  return {
    url,
    child,
    async kill(signal) {
      child.kill(signal)
      await ended
    },
  }
}
