import t from 'tap'
import { buildTestProxy } from './build.js'

const ONE_PER_4_S = { limits: { minute: { max: 1, window: '4s' } } }

t.test('who joins a queued call waits no longer than it said', async (t) => {
  const proxy = await buildTestProxy(t, { settings: ONE_PER_4_S })
  await proxy.ask('/worktype/')
  const leader = proxy.ask('/client/')
  await proxy.untilStatus(({ queue }) => queue.waiting.interactive === 1, 'the leader in line')
  const follower = await proxy.ask('/client/', { headers: { prefer: 'wait=1' } })
  t.equal(follower.status, 429)
  t.ok(Number(follower.headers['retry-after']) >= 1)
  t.equal((await leader).status, 200, 'the leader was not disturbed')
  t.same(proxy.targets(), ['GET /worktype/', 'GET /client/'])
})

t.test('an urgent reader takes over a call that waits as background', async (t) => {
  const proxy = await buildTestProxy(t, {
    settings: { limits: { minute: { max: 2, window: '2s' } } },
  })
  const slow = { 'intervals-proxy-priority': 'background' }
  const background = Array.from({ length: 6 }, (_, at) =>
    proxy.ask(`/project/?offset=${at}`, { headers: slow }),
  )
  await proxy.untilStatus(({ queue }) => queue.waiting.background >= 4, 'a backlog')
  const same = await proxy.ask('/project/?offset=5')
  t.equal(same.status, 200)
  const { queue } = await proxy.status()
  t.ok(queue.waiting.background > 0, 'before the backlog was worked off')
  for (const { status } of await Promise.all(background)) t.equal(status, 200)
  t.equal(proxy.targets().length, 6, 'and nothing was fetched twice')
})
