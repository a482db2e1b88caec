/** The death of a master that sentinels watch. */

import t from 'tap'
import { startSentinels, stopCopying } from './redis-groups.js'
import { withoutRedis } from './redis-process.js'
import { neverOld, startTeam, survives } from './team.js'

const SKIP = withoutRedis === false ? {} : { skip: withoutRedis }

t.test('the master is killed', SKIP, async (t) => {
  const redis = await startSentinels(t)
  const team = await startTeam(t, redis.url)
  await neverOld(t, team, 'before')
  await survives(t, team, {
    what: 'the death of the master',
    cutOff: () => stopCopying(redis),
    lose: () => redis.master.signal('SIGKILL'),
  })
  t.match(await redis.copy.command('ROLE'), /master/)
})
