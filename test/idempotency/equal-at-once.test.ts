import t from 'tap'
import { buildTestProxy } from '../server/build.js'
import { problemOf, until } from '../server/client.js'
import { entriesOf, postWithKey, timeEntry, writesOf } from './setup.js'

const AT_ONCE = 50

t.test(`${AT_ONCE} equal writes at once are one call`, async (t) => {
  const proxy = await buildTestProxy(t)
  const hold = proxy.sim.hold(({ method }) => method === 'POST')
  const post = postWithKey('k', timeEntry('together'))
  const asked = Array.from({ length: AT_ONCE }, () => proxy.ask('/time/', post))
  await hold.untilWaiting(1)
  await proxy.untilRequests(AT_ONCE)
  hold.release()
  const answers = await Promise.all(asked)
  t.equal(new Set(answers.map(({ text }) => text)).size, 1)
  t.equal(answers.filter(({ status }) => status === 201).length, AT_ONCE)
  const replayed = answers.filter(({ headers }) => headers['idempotent-replayed'] === 'true')
  t.equal(replayed.length, AT_ONCE - 1)
  t.equal(writesOf(proxy), 1)
  t.equal(await entriesOf(proxy.direct, 'together'), 1)
  t.equal(await proxy.metric('idempotency_keys'), 1)
  t.comment(`${AT_ONCE} asked, ${writesOf(proxy)} call`)
})

t.test('who may not wait is told to come back', async (t) => {
  const { ask, sim } = await buildTestProxy(t)
  const hold = sim.hold(({ method }) => method === 'POST')
  const post = postWithKey('k', timeEntry('slow'))
  const first = ask('/time/', post)
  await hold.untilWaiting(1)
  const hasty = await ask(
    '/time/',
    postWithKey('k', timeEntry('slow'), { headers: { prefer: 'wait=0' } }),
  )
  t.equal(hasty.status, 409)
  t.match(problemOf(hasty).error, { reason: 'IDEMPOTENCY_IN_FLIGHT' })
  t.match(hasty.headers['retry-after'], /^[1-9]\d*$/)
  const other = await ask('/time/', postWithKey('k', timeEntry('another')))
  t.equal(other.status, 422, 'another request does not wait at all')
  hold.release()
  t.equal((await first).status, 201)
  t.equal((await ask('/time/', post)).headers['idempotent-replayed'], 'true')
})

t.test('who waits and goes away takes nobody with him', async (t) => {
  const { ask, sim, lines, untilRequests } = await buildTestProxy(t)
  const hold = sim.hold(({ method }) => method === 'POST')
  const post = postWithKey('k', timeEntry('patient'))
  const first = ask('/time/', post)
  await hold.untilWaiting(1)
  const gone = new AbortController()
  const leaving = ask('/time/', { ...post, signal: gone.signal })
  const staying = ask('/time/', post)
  await untilRequests(3)
  gone.abort()
  await t.rejects(leaving)
  await until(() => lines.some(({ outcome }) => outcome === 'abandoned'), 'its end')
  hold.release()
  t.equal((await staying).text, (await first).text)
})

t.test('when the first leaves the queue, the next one goes', async (t) => {
  const proxy = await buildTestProxy(t, {
    settings: { limits: { minute: { max: 1, window: '1s' }, queue: { maxWait: '30s' } } },
  })
  await proxy.ask('/client/')
  const post = postWithKey('k', timeEntry('inherited'))
  const gone = new AbortController()
  const first = proxy.ask('/time/', { ...post, signal: gone.signal })
  await proxy.untilQueued(1)
  const second = proxy.ask('/time/', post)
  await proxy.untilRequests(3)
  gone.abort()
  await t.rejects(first)
  const answer = await second
  t.equal(answer.status, 201)
  t.equal(answer.headers['idempotent-replayed'], undefined)
  t.equal(writesOf(proxy), 1)
})
