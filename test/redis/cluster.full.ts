/** A cluster, which spreads the keys and puts a copy in the place of a master. */

import t from 'tap'
import { checkRedis } from '../../src/redis/doctor-redis.js'
import { namespaceOf } from '../../src/redis/replicas/namespace.js'
import { cli, startCluster, stopCopying, until } from './redis-groups.js'
import { withoutRedis } from './redis-process.js'
import { JSON_TYPE, neverOld, startTeam, survives } from './team.js'

const SKIP = withoutRedis === false ? {} : { skip: withoutRedis }

t.test('the master that has the ledger is killed', SKIP, async (t) => {
  const redis = await startCluster(t)
  const team = await startTeam(t, redis.url)
  await neverOld(t, team, 'before')
  const holders = redis.holdersOf(`${namespaceOf(team.sim.url)}{ledger}:meta`)
  await survives(t, team, {
    what: 'the death of a master',
    cutOff: () => stopCopying(holders),
    lose: () => holders.master.signal('SIGKILL'),
  })
})

t.test('the master that has an account’s generations is killed', SKIP, async (t) => {
  const redis = await startCluster(t)
  const team = await startTeam(t, redis.url)
  await neverOld(t, team, 'before')
  const heads = redis.servers.flatMap(({ port }) =>
    cli(port, '--scan', '--pattern', '*:head').split('\n').filter(Boolean),
  )
  const holders = redis.holdersOf(heads[0] ?? '')
  const ledger = redis.holdersOf(`${namespaceOf(team.sim.url)}{ledger}:meta`)
  t.comment(`with the ledger: ${holders.master.port === ledger.master.port}`)
  stopCopying(holders)
  await neverOld(t, team, 'while nothing is copied')
  holders.master.signal('SIGKILL')
  await neverOld(t, team, 'after it', 10)
  t.ok(team.mostInAnyWindow() <= 20)
})

t.test('purges and hits of any account, and what doctor says', SKIP, async (t) => {
  const redis = await startCluster(t)
  const { a, b } = await startTeam(t, redis.url)
  const statusAt = async (replica: typeof a, id = 100_001): Promise<string> =>
    String((await replica.ask(`/client/${id}/`)).headers['cache-status'])
  for (const one of [a, b]) await until(async () => (await statusAt(one)).includes('; hit'), 'hits')
  t.match(await statusAt(a, 100_002), /fwd=uri-miss/)
  t.match(await statusAt(b, 100_002), /; hit/, 'what the other one has put there')
  const purge = { method: 'POST', body: '{}', headers: JSON_TYPE }
  t.match(JSON.parse((await a.ask('/-/purge', purge)).text), { purged: 2 })
  t.match(await statusAt(b), /fwd=uri-miss/)
  const findings = await checkRedis(redis.url)
  t.equal(findings.filter(({ subject }) => subject === 'Redis').length, 3, 'each master')
  t.strictSame(
    findings.filter(({ level }) => level !== 'ok'),
    [],
  )
})

t.test('a node that is none of a cluster', SKIP, async (t) => {
  const redis = await startCluster(t)
  const [one] = redis.servers
  for (const { signal } of redis.servers) signal('SIGKILL')
  t.match(await checkRedis(`redis+cluster://user:secret@127.0.0.1:${one?.port}`), [
    { level: 'fail', message: /^cluster of 127.*most masters.*nothing listens there/ },
  ])
})
