/** Several servers of Redis for one test: a master with sentinels, or a cluster. */

import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { freePort, startRedis } from './redis-process.js'
import type { RedisProcess } from './redis-process.js'

/** After so long without a word a server counts as gone, milliseconds. */
const DOWN_AFTER_MS = 1_000

/** A copy is begun at once, and not after five seconds. */
export const SOON = ['--repl-diskless-sync-delay', '0']

export async function until(
  condition: () => Promise<boolean> | boolean,
  what: string,
): Promise<void> {
  const giveUpAt = performance.now() + 60_000
  while (!(await condition())) {
    if (performance.now() > giveUpAt) throw new Error(`waited in vain for: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** A master, a copy of it, and three sentinels that put that in its place. */
export async function startSentinels(
  t: Test,
  { login = '', password }: { readonly login?: string; readonly password?: string } = {},
) {
  const master = await startRedis(t, SOON)
  const copy = await startRedis(t, [...SOON, '--replicaof', '127.0.0.1', `${master.port}`])
  await until(() => isCopied(copy), 'the copy')
  const directory = mkdtempSync(join(tmpdir(), 'sentinels-'))
  const sentinels: { port: number; signal: (name: NodeJS.Signals) => void }[] = []
  t.teardown(() => {
    for (const { signal } of sentinels) signal('SIGKILL')
    rmSync(directory, { recursive: true, force: true })
  })
  for (let index = 0; index < 3; index++) {
    const port = await freePort()
    const file = join(directory, `${port}.conf`)
    const lines = [
      `port ${port}`,
      'bind 127.0.0.1',
      `dir ${directory}`,
      `sentinel monitor main 127.0.0.1 ${master.port} 2`,
      `sentinel down-after-milliseconds main ${DOWN_AFTER_MS}`,
      'sentinel failover-timeout main 5000',
    ]
    if (password !== undefined) {
      lines.push(`requirepass ${password}`, `sentinel sentinel-pass ${password}`)
    }
    writeFileSync(file, `${lines.join('\n')}\n`)
    const child = spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' })
    sentinels.push({ port, signal: (name) => void child.kill(name) })
  }
  const asking = password === undefined ? [] : ['-a', password, '--no-auth-warning']
  for (const { port } of sentinels) {
    await until(() => {
      const told = cli(port, ...asking, 'SENTINEL', 'MASTER', 'main')
      return /num-slaves\n1\n/u.test(told) && /num-other-sentinels\n2\n/u.test(told)
    }, 'sentinels that know each other')
  }
  const hosts = sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')
  const query = password === undefined ? '' : `?sentinel-password=${password}`
  return { url: `redis+sentinel://${login}${hosts}/main${query}`, master, copy, sentinels }
}

/** Three masters with a copy each. */
export async function startCluster(t: Test, { login = '' }: { readonly login?: string } = {}) {
  const options = [
    ...SOON,
    '--cluster-enabled',
    'yes',
    '--cluster-node-timeout',
    `${DOWN_AFTER_MS}`,
  ]
  const servers: RedisProcess[] = []
  for (let index = 0; index < 6; index++) servers.push(await startRedis(t, options))
  const hosts = servers.map(({ port }) => `127.0.0.1:${port}`)
  const made = spawnSync(
    'redis-cli',
    ['--cluster', 'create', ...hosts, '--cluster-replicas', '1', '--cluster-yes'],
    { encoding: 'utf8' },
  )
  if (made.status !== 0) throw new Error(`no cluster: ${made.stdout}${made.stderr}`)
  for (const { port } of servers) {
    await until(() => {
      const isWhole = cli(port, 'CLUSTER', 'INFO').includes('cluster_state:ok')
      return isWhole && (cli(port, 'CLUSTER', 'NODES').match(/slave/gu) ?? []).length === 3
    }, 'the cluster')
  }
  await until(() => servers.filter(isCopied).length === 3, 'the copies')
  const [first] = servers
  return {
    url: `redis+cluster://${login}${hosts.slice(0, 3).join(',')}`,
    servers,
    /** The server that has this key now, and the copy of it. */
    holdersOf(key: string): { master: RedisProcess; copy: RedisProcess } {
      const slot = Number(cli(first?.port ?? 0, 'CLUSTER', 'KEYSLOT', key))
      const lines = cli(first?.port ?? 0, 'CLUSTER', 'NODES').split('\n')
      const line = lines.find((text) => hasSlot(text, slot)) ?? ''
      const id = line.split(' ', 1)[0] ?? '?'
      const copyLine = lines.find((text) => text.includes(`slave ${id}`)) ?? ''
      const at = (text: string) => servers.find(({ port }) => text.includes(`:${port}@`))
      const master = at(line)
      const copy = at(copyLine)
      if (master === undefined || copy === undefined) throw new Error(`nobody has ${key}`)
      return { master, copy }
    },
  }
}

/** Whether this copy has all that its master has. */
export const isCopied = ({ port }: RedisProcess): boolean =>
  cli(port, 'INFO', 'replication').includes('master_link_status:up')

function hasSlot(line: string, slot: number): boolean {
  return line.split(' ').some((text) => {
    const [, first, last] = /^(\d+)-(\d+)$/u.exec(text) ?? []
    return first !== undefined && Number(first) <= slot && slot <= Number(last)
  })
}

/** What is written from now on is not copied: the copy has no user to log in with any more. */
export function stopCopying({ master, copy }: { master: RedisProcess; copy: RedisProcess }): void {
  cli(copy.port, 'CONFIG', 'SET', 'masteruser', 'nobody', 'masterauth', 'wrong')
  cli(master.port, 'CLIENT', 'KILL', 'TYPE', 'replica')
}

export function cli(port: number, ...args: readonly string[]): string {
  return spawnSync('redis-cli', ['-p', `${port}`, ...args], { encoding: 'utf8' }).stdout
}
