// The process of a worker, as its primary meets it: what it is told, and in which order.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import type { FromWorker, WorkerConfig, ToWorker } from '../../src/workers/worker-messages.js'
import { open } from '../cache/disk-setup.js'
import { moduleAt } from '../project.js'
import { testConfig } from '../server/build.js'
import { ask } from '../server/client.js'

const WORKER = fileURLToPath(moduleAt('../../src/workers/worker', import.meta))
const USAGE: WorkerConfig['usage'] = {
  window: { held: 1, ceiling: 90, max: 100, windowMs: 60_000, nextInMs: 0 },
  days: {},
}

async function startWorker(t: Test) {
  const directory = mkdtempSync(join(tmpdir(), 'intervals-proxy-worker-'))
  const file = join(directory, 'cache.mdb')
  const disk = open(t, file, { maxBytes: 10_000_000 })
  const child = fork(WORKER, {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  t.teardown(async () => {
    child.kill('SIGKILL')
    await disk.close()
    rmSync(directory, { recursive: true, force: true })
  })
  const next = async (): Promise<FromWorker> => {
    const [message] = (await once(child, 'message')) as [FromWorker]
    return message
  }
  t.same(await next(), { kind: 'ready' })
  const worker: WorkerConfig = {
    config: testConfig({}, 'http://127.0.0.1:9/'),
    edition: 'first',
    socketPath: join(directory, 'nobody'),
    file,
    secret: Buffer.alloc(32, 7),
    port: 0,
    maxConnections: 10,
    maxBytes: 1_000_000,
    usage: USAGE,
    isRelayingAll: false,
    version: '0.0.0-test',
  }
  return { child, next, worker, tell: (message: ToWorker) => child.send(message) }
}

t.test('what all are told before it has its orders does not keep it from them', async (t) => {
  const { child, next, worker, tell } = await startWorker(t)
  tell({ kind: 'usage', usage: USAGE })
  tell({ kind: 'configuration', config: worker.config, edition: 'none' })
  tell({ kind: 'start', worker })
  const answer = await next()
  t.match(answer, { kind: 'listening', port: Number })
  // There is no primary: it says so, and lives.
  if (answer.kind === 'listening') t.equal((await ask(answer.port, '/client/')).status, 503)
  tell({ kind: 'stop' })
  t.same(await once(child, 'exit'), [0, null])
})

t.test('told to stop before it has its worker, it ends', async (t) => {
  const { child, tell } = await startWorker(t)
  tell({ kind: 'stop' })
  t.same(await once(child, 'exit'), [0, null])
})
