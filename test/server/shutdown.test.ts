import t from 'tap'
import { buildTestProxy } from './build.js'
import { problemOf } from './client.js'

t.test('what is out when the proxy closes is finished', async (t) => {
  const { ask, sim, app } = await buildTestProxy(t)
  await ask('/client/')
  const hold = sim.hold()
  const asked = [
    ask('/project/?limit=3'),
    ask('/timer/'),
    ask('/client/100001/', { method: 'PUT', body: '{"name":"New"}' }),
  ]
  await hold.untilWaiting(3)
  const closed = app.close()
  hold.release()
  const answers = await Promise.all(asked)
  t.strictSame(
    answers.map(({ status }) => status),
    [200, 200, 202],
  )
  await closed
  await t.rejects(ask('/client/'), { code: 'ECONNREFUSED' })
})

t.test('who waits when the proxy closes is told to come back', async (t) => {
  const { ask, sim, app, untilRequests, untilQueued } = await buildTestProxy(t, {
    settings: { limits: { minute: { max: 1, window: '60s' }, queue: { maxWait: '5m' } } },
  })
  const hold = sim.hold()
  const out = ask('/client/')
  await hold.untilWaiting(1)
  const waiting = [
    ask('/project/'),
    ask('/worktype/'),
    ask('/client/1/', { method: 'PUT', body: '{}' }),
  ]
  await untilRequests(4)
  await untilQueued(3)
  const closed = app.close()
  for (const answer of await Promise.all(waiting)) {
    t.equal(answer.status, 503)
    t.match(problemOf(answer).error, { reason: 'CLOSING' })
    t.match(answer.headers['retry-after'], /^\d+$/)
  }
  hold.release()
  t.equal((await out).status, 200)
  await closed
  t.equal(sim.arrivals.length, 1)
})

t.test('readyz says that it is stopping, and what is stored is served until the end', async (t) => {
  const { ask, sim, app } = await buildTestProxy(t)
  await ask('/client/')
  const hold = sim.hold()
  const out = ask('/project/')
  await hold.untilWaiting(1)
  const closed = app.close()
  let ready = await ask('/-/readyz', { token: null })
  // The end begins a few turns after it was asked for.
  for (let tries = 0; ready.status === 200 && tries < 50; tries++) {
    ready = await ask('/-/readyz', { token: null })
  }
  t.match(ready, { status: 503, text: /stopping/ })
  t.equal((await ask('/-/livez', { token: null })).status, 200)
  t.equal((await ask('/client/')).status, 200)
  t.equal((await ask('/worktype/')).status, 503)
  hold.release()
  t.equal((await out).status, 200)
  await closed
})

t.test('an upstream that never answers does not keep the proxy from closing', async (t) => {
  const { ask, sim, app } = await buildTestProxy(t, {
    settings: { upstream: { timeout: '300ms' } },
  })
  sim.setFaults([{ kind: 'hang' }])
  const asked = ask('/client/').then(({ status }) => status)
  await sim.untilArrival(1)
  await app.close()
  t.equal(await asked, 504)
})

t.test('closing twice is closing once', async (t) => {
  const { app } = await buildTestProxy(t)
  await Promise.all([app.close(), app.close()])
  await app.close()
  t.notOk(app.server.listening)
})
