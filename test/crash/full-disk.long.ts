// The proxy as a process on a small disk that fills up, which needs Linux and root.

import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { startSimulator } from '../../src/simulator/index.js'
import { startProxy } from './proxy-process.js'

/** A disk of 8 MiB; undefined where none can be mounted. */
function smallDisk(t: Test): string | undefined {
  const path = mkdtempSync(join(tmpdir(), 'intervals-proxy-full-'))
  t.teardown(() => rmSync(path, { recursive: true, force: true }))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', path], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  t.teardown(() => execFileSync('umount', ['-l', path]))
  return path
}

function fill(file: string): void {
  const fd = openSync(file, 'w')
  try {
    for (;;) writeSync(fd, Buffer.alloc(4_096))
  } catch {
    closeSync(fd)
  }
}

const disk = smallDisk(t) ?? ''
const skip = disk === '' && 'no disk can be mounted: that needs Linux and root'

t.test('a disk that is full, and has room again', { skip }, async (t) => {
  const simulator = await startSimulator({ minuteMax: 10_000, dayMax: 100_000 })
  const start = () =>
    startProxy({
      upstream: simulator.url,
      dataDir: join(disk, 'data'),
      env: { INTERVALS_PROXY_LOG_LEVEL: 'silent' },
    })
  let proxy = await start()
  t.teardown(async () => {
    await proxy.kill('SIGKILL')
    await simulator.close()
  })
  const authorization = `Basic ${Buffer.from('agencyadm01:X').toString('base64')}`
  const ask = async (path: string, body?: object): Promise<string> => {
    const answer = await fetch(new URL(path, proxy.url), {
      headers: { authorization, 'content-type': 'application/json' },
      ...(body !== undefined && { method: 'PUT', body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    })
    const text = await answer.text()
    return `${answer.status} ${/"reason":"(\w+)"/.exec(text)?.[1] ?? ''}`.trim()
  }
  const write = () => ask('/client/100001/', { name: 'another name' })

  t.equal(await ask('/worktype/'), '200')
  t.equal(await write(), '202')
  const ballast = join(disk, 'ballast')
  fill(ballast)
  for (let limit = 1; limit <= 10; limit++) t.equal(await ask(`/project/?limit=${limit}`), '200')
  t.equal(await ask('/worktype/'), '200', 'what is stored')
  t.equal(await write(), '503 LEDGER_UNAVAILABLE', 'a write that cannot be noted is not sent')
  t.equal(await ask('/-/livez'), '200')

  const health = async (): Promise<unknown> => {
    const status = await fetch(new URL('/-/status', proxy.url))
    return ((await status.json()) as { health: unknown }).health
  }
  t.match(await health(), {
    reasons: [{ code: 'store-unavailable', message: /no room.*make room/ }],
  })

  await proxy.kill('SIGKILL')
  proxy = await start()
  t.equal(await ask('/worktype/'), '200', 'started on the full disk')
  t.equal(await ask('/milestone/'), '200')
  rmSync(ballast)
  t.equal(await write(), '202', 'and with room again')
  t.match(await health(), { status: 'ok', reasons: [] })
  t.equal(proxy.child.exitCode, null)
})
