import t from 'tap'
import { workerCount } from '../../src/workers/worker-shares.js'
import { complaintsAbout, configFrom } from './load.js'

t.test('one process unless more are asked for', async (t) => {
  t.equal(workerCount(configFrom({})), 1)
  t.equal(workerCount(configFrom({ env: { INTERVALS_PROXY_WORKERS: '3' } })), 3)
  t.ok(workerCount(configFrom({ env: { INTERVALS_PROXY_WORKERS: 'auto' } })) >= 1)
  t.match(complaintsAbout('server: { workers: 0 }'), [/auto, or an integer from 1 to 64/u])
})

t.test('where nothing is on disk several are refused, and auto is one', async (t) => {
  const redis = 'store: { redis: "redis://127.0.0.1:6379" }'
  t.match(complaintsAbout(`server: { workers: 2 }\n${redis}\n`), [
    /server\.workers: 2 processes share.*store\.redis.*another replica/u,
  ])
  const http = 'cache: { profile: http }'
  t.match(complaintsAbout(`server: { workers: 2 }\n${http}\n`), [
    /server\.workers: 2 processes share.*profile http.*set it to 1/u,
  ])
  for (const rest of [redis, http]) {
    const text = `server: { workers: auto }\n${rest}\n`
    t.equal(workerCount(configFrom({ file: 'c.yaml', files: { 'c.yaml': text } })), 1)
    t.same(complaintsAbout(`server: { workers: 1 }\n${rest}\n`), [])
  }
})

t.test('each worker needs a connection', async (t) => {
  t.match(complaintsAbout('server: { workers: 4, maxConnections: 3 }'), [
    /server\.workers: 4 is more than server\.maxConnections, 3/u,
  ])
})
