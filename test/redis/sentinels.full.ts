/** A master that sentinels put another in the place of. What was written last is lost then. */

import t from 'tap'
import { checkRedis } from '../../src/redis/doctor-redis.js'
import { cli, startSentinels, stopCopying, until } from './redis-groups.js'
import { withoutRedis } from './redis-process.js'
import { JSON_TYPE, neverOld, startTeam, survives } from './team.js'

const SKIP = withoutRedis === false ? {} : { skip: withoutRedis }
const ONCE = { method: 'PUT', body: JSON.stringify({ name: 'Once' }) }
const WITH_KEY = { ...JSON_TYPE, 'idempotency-key': '"once"' }

t.test('the master is stopped, and comes back when it is none', SKIP, async (t) => {
  const redis = await startSentinels(t)
  const team = await startTeam(t, redis.url)
  const once = { ...ONCE, headers: WITH_KEY }
  const first = await team.a.ask('/client/100002/', once)
  t.equal(first.status, 202)
  await survives(t, team, {
    what: 'the stop of the master',
    cutOff: () => stopCopying(redis),
    lose: () => redis.master.signal('SIGSTOP'),
  })
  const again = await team.b.ask('/client/100002/', once)
  t.strictSame([again.status, again.text], [first.status, first.text], 'the key is known')
  t.equal(team.sim.arrivals.filter(({ target }) => target === '/client/100002/').length, 1)
  redis.master.signal('SIGCONT')
  await neverOld(t, team, 'after its return')
  await until(() => cli(redis.master.port, 'ROLE').startsWith('slave'), 'the old one as a copy')
  await neverOld(t, team, 'beside it')
})

t.test('without most of the sentinels nothing leaves, with them it goes on', SKIP, async (t) => {
  const redis = await startSentinels(t)
  const { a, sim, lines } = await startTeam(t, redis.url)
  const isHit = async (): Promise<boolean> =>
    String((await a.ask('/client/')).headers['cache-status']).includes('; hit')
  await until(isHit, 'a hit')
  for (const { signal } of redis.sentinels.slice(1)) signal('SIGSTOP')
  await until(async () => /store-unavailable/.test((await a.ask('/-/readyz')).text), 'not ready')
  t.ok(await isHit(), 'hits go on')
  const arrivals = sim.arrivals.length
  t.equal((await a.ask('/project/', { headers: { prefer: 'wait=1' } })).status, 503)
  t.equal(sim.arrivals.length, arrivals)
  t.match(JSON.stringify(lines), /2 of the 3 sentinels have to name the same master, and 1 answer/)
  for (const { signal } of redis.sentinels) signal('SIGCONT')
  await until(async () => (await a.ask('/-/readyz')).text.includes('"reasons":[]'), 'ready')
  t.equal((await a.ask('/project/')).status, 200)
})

t.test('what doctor says', SKIP, async (t) => {
  const { url, master, sentinels } = await startSentinels(t)
  t.match(await checkRedis(url), [
    { level: 'ok', message: new RegExp(`^127\\.0\\.0\\.1:${master.port}, version \\d`) },
    { level: 'ok', subject: 'Redis disk' },
  ])
  t.match(await checkRedis(url.replace('/main', '/maim')), [
    { level: 'fail', message: /sentinel 127\.0\.0\.1:\d+: .*knows no master "maim"/ },
  ])
  for (const { signal } of sentinels) signal('SIGKILL')
  t.match(await checkRedis(url.replace('//', '//user:secret@')), [
    {
      level: 'fail',
      message: /^main of the sentinels 127.*2 of the 3 sentinels.*nothing listens there/,
    },
  ])
})
