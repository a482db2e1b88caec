/** What `intervals-proxy doctor` says of a Redis. */
import t from 'tap'
import { checkRedis } from '../../src/redis/doctor-redis.js'
import { startRedis, withoutRedis } from './redis-process.js'

const SKIP = withoutRedis === false ? {} : { skip: withoutRedis }

t.test('as docs/replicas.md wants it', SKIP, async (t) => {
  const { url, port, command } = await startRedis(t)
  await command('CONFIG', 'SET', 'maxmemory-policy', 'volatile-lru')
  t.match(await checkRedis(url), [
    { level: 'ok', subject: 'Redis', message: new RegExp(`^127\\.0\\.0\\.1:${port}, version \\d`) },
    { level: 'ok', subject: 'Redis disk', message: /^no appendonly: after a restart/ },
  ])
  await command('CONFIG', 'SET', 'appendonly', 'yes')
  t.match(await checkRedis(url), [{}, { level: 'ok', message: /^appendonly: counts and/ }])
})

t.test('a policy that may throw away what counts', SKIP, async (t) => {
  const { url, command } = await startRedis(t)
  await command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru')
  t.match((await checkRedis(url)).at(-1), { level: 'warn', message: /allkeys-lru.*volatile-lru/ })
})

t.test('a wrong password, and a user that may not look', SKIP, async (t) => {
  const { port, command } = await startRedis(t)
  const rights = '+@all -@dangerous -@admin +info ~intervals-proxy:* &intervals-proxy:*'.split(' ')
  await command('ACL', 'SETUSER', 'proxy', 'on', '>right', ...rights)
  const wrong = await checkRedis(`redis://proxy:wrong@127.0.0.1:${port}/`)
  t.match(wrong, [{ level: 'fail', message: /does not take the password \(WRONGPASS\)/ }])
  const findings = await checkRedis(`redis://proxy:right@127.0.0.1:${port}/`)
  t.match(findings, [
    { level: 'ok' },
    { level: 'ok' },
    { level: 'warn', message: /does not tell its maxmemory-policy/ },
  ])
  t.notMatch(JSON.stringify([wrong, findings]), /right@|wrong@/)
})
