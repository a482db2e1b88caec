/** What is remembered one by one: requests and events, both bounded, neither with a secret. */
import t from 'tap'
import { createEventLog, MAX_EVENTS, noteOf } from '../../src/dashboard/event-log.js'
import { createMemoryHistory } from '../../src/dashboard/history/history-journal.js'
import { MAX_LAST } from '../../src/observability/request-buffer.js'
import { buildTestProxy } from '../server/build.js'
import { helloOf, requestsOf } from './hello.js'

const resumed = { event: 'resumed', scope: 'window', by: 'hand' } as const

t.test('refusals of one kind in a minute are one event, and 500 events are kept', async (t) => {
  const journal = createMemoryHistory()
  const log = createEventLog(journal)
  for (let index = 0; index < 1_000; index++) log.refused('day-spent', 1, index)
  t.strictSame(
    log.all().map(({ title }) => title),
    ['1000 requests refused: day-spent'],
  )
  const { length } = log.all(log.version())
  t.equal(length, 0, 'nothing new')
  for (let index = 0; index < MAX_EVENTS * 2; index++) log.add(noteOf(resumed), index)
  await log.flush()
  t.equal(log.all().length, MAX_EVENTS)
  t.equal([...journal.events()].length, MAX_EVENTS)
  const again = createEventLog(journal)
  again.add(noteOf(resumed), 1)
  t.equal(again.all().length, MAX_EVENTS)
  t.equal(new Set(again.all().map(({ id }) => id)).size, MAX_EVENTS, 'no id twice')
})

t.test('a request is remembered with what explains it, and without its secrets', async (t) => {
  const proxy = await buildTestProxy(t)
  const query = `?limit=1&token=geheim&search=${'x'.repeat(300)}`
  await proxy.ask(`/task/${query}`, { headers: { 'intervals-proxy-consumer': 'alice' } })
  await proxy.ask('/-/status', { token: null })
  const [first, ...others] = await requestsOf(proxy.port, ({ length }) => length > 0)
  t.strictSame(others, [], 'our own pages are not in it')
  t.match(first, { method: 'GET', path: '/task/', consumer: 'alice' })
  t.match(first?.cacheStatus, /^intervals-proxy; fwd=/)
  t.match(first?.query, /^\?limit=1&token=\*\*\*&search=x+…$/)
  t.ok((first?.query.length ?? 999) <= 121)
  const { hours } = await helloOf(proxy.port)
  t.notMatch(JSON.stringify([first, hours]), /geheim|agencyadm01/)
  t.notMatch(JSON.stringify(hours), /search|limit=/)

  const act = { method: 'POST', token: null } as const
  await proxy.ask('/-/pause', act)
  await proxy.ask('/project/')
  const refused = (await requestsOf(proxy.port, ({ length }) => length === 2)).at(-1)
  t.match(refused, { status: 503, way: 'refused', upstreamStatus: undefined })
  t.equal(refused?.queuedMs, refused?.totalMs, 'its time is what it waited')
  await proxy.ask('/-/resume', act)

  for (let index = 0; index < MAX_LAST + 20; index++) await proxy.ask('/task/')
  await proxy.ask('/client/')
  // The answer reaches the client before it is recorded.
  const all = await requestsOf(proxy.port, (shown) => shown.at(-1)?.path === '/client/')
  t.equal(all.length, MAX_LAST)
  t.equal(all.at(-1)?.seq, (all[0]?.seq ?? 0) + MAX_LAST - 1)
})
