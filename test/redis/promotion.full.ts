/** Servers that take each other's place while nobody looks, and what speaks for that being so. */

import t from 'tap'
import type { Test } from 'tap'
import { connectRedis } from '../../src/redis/connection/connect.js'
import { kindOf, take } from '../limits/setup.js'
import { eventually, ledgerScene } from './ledgers.js'
import { cli, isCopied, SOON, until } from './redis-groups.js'
import { startRedis, withoutRedis } from './redis-process.js'

const SKIP = withoutRedis === false ? {} : { skip: withoutRedis }

async function pair(t: Test) {
  const a = await startRedis(t, SOON)
  const b = await startRedis(t, SOON)
  cli(b.port, 'REPLICAOF', '127.0.0.1', `${a.port}`)
  await until(() => isCopied(b), 'the copy')
  return { a, b }
}

const runIdOf = (port: number): string | undefined =>
  /run_id:(\w+)/u.exec(cli(port, 'INFO', 'server'))?.[1]

t.test('a place that was lost and got back unseen is another one', SKIP, async (t) => {
  const { a, b } = await pair(t)
  const scene = ledgerScene(t, a)
  const ledger = await scene.replica()
  await take(ledger)
  const runId = runIdOf(a.port)
  cli(b.port, 'REPLICAOF', 'NO', 'ONE')
  cli(a.port, 'REPLICAOF', '127.0.0.1', `${b.port}`)
  await until(() => isCopied(a), 'the way back')
  cli(a.port, 'REPLICAOF', 'NO', 'ONE')
  await eventually(() => scene.troubles.some((text) => /lost data/u.test(text)), 'the quarantine')
  t.equal(await kindOf(ledger), 'wait')
  t.equal(runIdOf(a.port), runId, 'the same process')
})

t.test(
  'copies that come and go change nothing, and an hour without any does not',
  SKIP,
  async (t) => {
    const { a, b } = await pair(t)
    cli(b.port, 'REPLICAOF', 'NO', 'ONE')
    const scene = ledgerScene(t, b)
    const ledger = await scene.replica()
    await take(ledger)
    cli(a.port, 'REPLICAOF', '127.0.0.1', `${b.port}`)
    await until(() => isCopied(a), 'a copy')
    t.equal(await kindOf(ledger), 'permitted')
    cli(a.port, 'REPLICAOF', 'NO', 'ONE')
    cli(b.port, 'CONFIG', 'SET', 'repl-backlog-ttl', '1')
    await until(
      () => /master_replid2:0+\r?\n/u.test(cli(b.port, 'INFO', 'replication')),
      'an hour, by its count',
    )
    t.equal(await kindOf(ledger), 'permitted')
    t.strictSame(scene.troubles, [])
  },
)

t.test('who is no master, or may not write, counts as away', SKIP, async (t) => {
  const { b } = await pair(t)
  const alone = await startRedis(t, ['--min-replicas-to-write', '1'])
  const lost = await startRedis(t, ['--cluster-enabled', 'yes'])
  for (const { url } of [b, alone, lost]) {
    const connection = connectRedis({ url, name: 'test', onError: () => {} })
    t.teardown(() => connection.close())
    await eventually(() => connection.isReady(), 'a connection')
    await t.rejects(connection.setBytes('a', Buffer.from('b'), 1_000), {
      code: 'REDIS_UNAVAILABLE',
      message: /^Redis does not take it: (?:READONLY|NOREPLICAS|CLUSTERDOWN) /u,
    })
  }
})
