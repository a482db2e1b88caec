/** What is remembered one by one: requests and events, both bounded, neither with a secret. */
import t from 'tap'
import { OUTCOMES } from '../../src/cache/index.js'
import type { Outcome } from '../../src/cache/rules/cache-status.js'
import { wayOf } from '../../src/dashboard/answered.js'
import { createEventLog, MAX_EVENTS, noteOf } from '../../src/dashboard/event-log.js'
import { createMemoryHistoryJournal } from '../../src/dashboard/history/journal.js'
import { MAX_REQUESTS } from '../../src/dashboard/recorder.js'
import { createRing } from '../../src/dashboard/ring.js'
import { buildTestProxy } from '../server/build.js'
import { until } from '../server/client.js'

t.test('every outcome is one of the ways', async (t) => {
  const expected: Readonly<Record<Outcome, string>> = {
    hit: 'hit',
    'stale-while-revalidate': 'stale',
    'served-on-error': 'stale',
    'served-on-refusal': 'stale',
    'uri-miss': 'fetched',
    'vary-miss': 'fetched',
    invalidated: 'fetched',
    stale: 'fetched',
    request: 'fetched',
    bypass: 'passed',
    method: 'write',
    replayed: 'hit',
    refused: 'refused',
    abandoned: 'refused',
  }
  for (const outcome of Object.keys(OUTCOMES) as Outcome[]) {
    const exchange = { outcome, cacheStatus: {}, upstreamStatus: undefined }
    t.equal(wayOf(exchange, 200), expected[outcome], outcome)
  }
  const miss = { outcome: 'uri-miss', upstreamStatus: undefined } as const
  t.equal(wayOf({ ...miss, cacheStatus: { collapsed: true } }, 200), 'joined')
  t.equal(wayOf({ ...miss, cacheStatus: {}, upstreamStatus: 503 }, 503), 'failed')
  const timeout = { detail: 'upstream-timeout' }
  t.equal(wayOf({ ...miss, outcome: 'refused', cacheStatus: timeout }, 504), 'failed')
})

t.test('a ring keeps the last ones', async (t) => {
  const ring = createRing<number>(3, [1, 2])
  for (let item = 3; item < 100; item++) {
    ring.add(item)
    t.ok(ring.all().length <= 3)
  }
  t.strictSame(ring.all(), [97, 98, 99])
})

t.test('refusals of one kind in a minute are one event, and 500 events are kept', async (t) => {
  const journal = createMemoryHistoryJournal()
  const log = createEventLog(journal)
  for (let index = 0; index < 1_000; index++) log.refused('day-spent', index)
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

const resumed = { event: 'resumed', scope: 'window', by: 'hand' } as const

t.test('a request is remembered with what explains it, and without its secrets', async (t) => {
  const proxy = await buildTestProxy(t)
  const { recorder } = proxy.app.services
  const query = `?limit=1&token=geheim&search=${'x'.repeat(300)}`
  await proxy.ask(`/task/${query}`, { headers: { 'intervals-proxy-consumer': 'alice' } })
  await proxy.ask('/-/status', { token: null })
  await until(() => recorder.requests().length > 0, 'the record')
  const [first, ...others] = recorder.requests()
  t.strictSame(others, [], 'our own pages are not in it')
  t.match(first, { method: 'GET', path: '/task/', consumer: 'alice' })
  t.match(first?.cacheStatus, /^intervals-proxy; fwd=/)
  t.ok((first?.query.length ?? 999) <= 121)
  const text = JSON.stringify([first, recorder.history.buckets('hour')])
  t.notMatch(text, /geheim|agencyadm01/)
  t.notMatch(JSON.stringify(recorder.history.buckets('hour')), /search|limit=/)

  const { ledger } = proxy.app.services
  ledger.pause({ scope: 'window', reason: 'by-hand', holdMs: 0, detail: 'x' })
  await proxy.ask('/project/')
  await until(() => recorder.requests().length === 2, 'the one that was refused')
  const refused = recorder.requests().at(-1)
  t.match(refused, { status: 503, way: 'refused', upstreamStatus: undefined })
  t.equal(refused?.queuedMs, refused?.totalMs, 'its time is what it waited')
  ledger.resume('window')

  for (let index = 0; index < MAX_REQUESTS + 20; index++) await proxy.ask('/task/')
  await proxy.ask('/client/')
  // The last one is told of after its consumer has it.
  await until(() => recorder.requests().at(-1)?.path === '/client/', 'the last of them')
  const all = recorder.requests()
  t.equal(all.length, MAX_REQUESTS)
  t.equal(all.at(-1)?.seq, (all[0]?.seq ?? 0) + MAX_REQUESTS - 1)
})
