import t from 'tap'
import { call, simulate } from './call.js'

const put = { method: 'PUT', body: { title: 'new' } }

t.test('a held answer is from before a write that overtakes it', async (t) => {
  const simulator = await simulate(t)
  const { row } = await call(simulator, 'task/360001/')
  const hold = simulator.hold(({ method }) => method === 'GET')
  const reading = call(simulator, 'task/360001/')
  await hold.untilWaiting(1)
  t.equal((await call(simulator, 'task/360001/', put)).status, 202)
  t.equal(hold.waiting, 1)
  hold.release()
  t.equal((await reading).row['title'], row['title'])
  t.equal((await call(simulator, 'task/360001/')).row['title'], 'new', 'no longer held')
})

t.test('a held execution sees what was written meanwhile', async (t) => {
  const simulator = await simulate(t)
  const hold = simulator.hold(({ method }) => method === 'GET', 'execution')
  const reading = call(simulator, 'task/360001/')
  await hold.untilWaiting(1)
  t.equal(simulator.arrivals.at(-1)?.status, undefined, 'counted, not answered')
  await call(simulator, 'task/360001/', put)
  hold.release()
  t.equal((await reading).row['title'], 'new')
})

t.test('a caller that leaves is no longer held', async (t) => {
  const simulator = await simulate(t)
  const hold = simulator.hold()
  const leaving = new AbortController()
  const fetched = fetch(new URL('me', simulator.url), { signal: leaving.signal })
  await hold.untilWaiting(1)
  leaving.abort()
  await t.rejects(fetched)
  const second = call(simulator, 'me')
  await hold.untilWaiting(1)
  hold.release()
  t.equal((await second).status, 200)
})

t.test('close lets nobody wait', async (t) => {
  const simulator = await simulate(t)
  const hold = simulator.hold()
  const held = t.rejects(call(simulator, 'me'))
  await hold.untilWaiting(1)
  const never = t.rejects(hold.untilWaiting(2), /closed/)
  await simulator.close()
  await Promise.all([held, never])
})
