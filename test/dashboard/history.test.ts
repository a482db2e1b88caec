/** The history: what it counts, what it forgets, and that a restart or a failing disk costs little. */
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { tmpdir } from 'node:os'
import t from 'tap'
import { OTHERS } from '../../src/limits/index.js'
import type { RequestGroup } from '../../src/observability/request-buffer.js'
import { History, KEPT_MS } from '../../src/dashboard/history/history.js'
import { createMemoryHistory } from '../../src/dashboard/history/history-journal.js'
import { open } from 'lmdb'
import { openLmdbHistory } from '../../src/dashboard/history/lmdb-history.js'
import { MAX_NAMES, MAX_ROWS } from '../../src/dashboard/history/bucket-tally.js'

const NOON = Date.UTC(2026, 2, 10, 12)
const MINUTE = 60_000
const HOUR = 3_600_000

const group = (part: Partial<RequestGroup> = {}): RequestGroup => ({
  way: 'hit',
  resource: 'task',
  client: 'alice',
  path: '/task/',
  priority: 'interactive',
  refusal: undefined,
  count: 1,
  wait: [0, 0, 0],
  upstream: [0, 0, 0],
  ...part,
})

const one = (part: Partial<RequestGroup> = {}) => ({ groups: [group(part)], calls: 0 })
const called = (calls: number) => ({ groups: [], calls })

const begun = (journal = createMemoryHistory(), nowMs = NOON) => new History({ journal, nowMs })

t.test('a request is counted in its minute and in its hour, with its names', async (t) => {
  const history = begun()
  history.add(one(), NOON + 1)
  history.add(one({ way: 'fetched', wait: [1, 30, 30], upstream: [1, 200, 200] }), NOON + MINUTE)
  history.add(called(1), NOON + MINUTE)

  const minutes = history.buckets('minute')
  t.strictSame(
    minutes.map(({ at, ways, calls }) => ({ at, ways, calls })),
    [
      { at: NOON, ways: { hit: 1 }, calls: 0 },
      { at: NOON + MINUTE, ways: { fetched: 1 }, calls: 1 },
    ],
  )
  t.notOk(minutes[0]?.tables)
  const [hour] = history.buckets('hour')
  t.strictSame(hour?.ways, { hit: 1, fetched: 1 })
  t.strictSame(hour?.waits, { interactive: [1, 30, 30] })
  t.strictSame(hour?.upstream, [1, 200, 200])
  t.strictSame(hour?.tables?.consumers, [
    { name: 'alice', ways: { hit: 1, fetched: 1 }, wait: [1, 30, 30] },
  ])
})

t.test('a call that is given back is not counted, and never below none', async (t) => {
  const history = begun()
  history.add(called(1), NOON)
  history.add(called(-1), NOON)
  history.add(called(-1), NOON)
  t.equal(history.buckets('minute')[0]?.calls, 0)
})

t.test('however many names there are, the tables stay short and lose no request', async (t) => {
  const history = begun()
  const many = MAX_NAMES * 3
  for (let index = 0; index < many; index++) {
    history.add(one({ path: `/task/${index}/`, client: `c${index}` }), NOON)
  }
  for (const rows of [0, 1].map(
    (i) => history.buckets('hour')[0]?.tables?.[i ? 'paths' : 'consumers'],
  )) {
    t.equal(rows?.length, MAX_ROWS + 1)
    t.equal(rows?.at(-1)?.name, OTHERS)
    t.equal(
      rows?.reduce((sum, { ways }) => sum + (ways.hit ?? 0), 0),
      many,
    )
  }
})

t.test('a minute in which nothing is new takes no room', async (t) => {
  const history = begun()
  const days = [{ account: 'default', used: 5, max: 6_000 }]
  for (let minute = 0; minute < 10; minute++) {
    history.sampled({ waiting: 0, held: 0, days }, NOON + minute * MINUTE)
  }
  t.equal(history.buckets('minute').length, 1)
  history.sampled(
    { waiting: 0, held: 0, days: [{ account: 'default', used: 6, max: 6_000 }] },
    NOON + 11 * MINUTE,
  )
  t.strictSame(history.buckets('minute').at(-1)?.days, { default: [6, 6_000] })
})

t.test('what is too old is forgotten, here and in the journal', async (t) => {
  const journal = createMemoryHistory()
  const history = begun(journal)
  const minutes = (KEPT_MS.minute / MINUTE) * 2
  for (let minute = 0; minute < minutes; minute++) {
    const nowMs = NOON + minute * MINUTE
    history.add(one(), nowMs)
    if (minute % 30 === 0) await history.flush(nowMs)
  }
  const nowMs = NOON + minutes * MINUTE
  await history.flush(nowMs)
  const kept = KEPT_MS.minute / MINUTE
  t.ok(history.buckets('minute').length <= kept + 1, 'minutes')
  t.ok([...journal.read('minute')].length <= kept + 1, 'minutes in the journal')
  t.equal(history.buckets('hour').length, minutes / 60)
  t.equal(history.buckets('hour', nowMs - 2 * HOUR).length, 2)
})

t.test('a restart goes on where it was', async (t) => {
  const journal = createMemoryHistory()
  const first = begun(journal)
  first.add(one(), NOON)
  await first.flush(NOON + 1)
  const second = begun(journal, NOON + 2_000)
  second.add(one(), NOON + 3_000)
  await second.flush(NOON + 4_000)
  t.strictSame(begun(journal, NOON + 5_000).buckets('minute')[0]?.ways, { hit: 2 })
  t.equal(begun(journal, NOON + KEPT_MS.minute + MINUTE).buckets('minute').length, 0)
})

t.test('a journal that fails loses nothing once it works again', async (t) => {
  const working = createMemoryHistory()
  let isBroken = true
  const journal = {
    ...working,
    put: async (...changed: Parameters<typeof working.put>) => {
      if (isBroken) throw new Error('disk full')
      return working.put(...changed)
    },
  }
  const history = begun(journal)
  history.add(one(), NOON)
  await t.rejects(history.flush(NOON + 2 * HOUR), /disk full/)
  isBroken = false
  history.add(one(), NOON)
  await history.flush(NOON + 2 * HOUR)
  t.strictSame([...working.read('minute')][0]?.ways, { hit: 2 })
})

t.test(
  'on disk: whatever the names, in the order of time, and again after it was closed',
  async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'history-'))
    t.teardown(() => rmSync(directory, { recursive: true, force: true }))
    const file = join(directory, 'history.mdb')
    const journal = openLmdbHistory(file)
    const history = begun(journal)
    history.add(one({ client: '__proto__' }), NOON)
    history.add(one(), NOON + MINUTE)
    await history.flush(NOON + MINUTE)
    const event = { id: 1, at: NOON, level: 'info' as const, title: 'x', detail: '' }
    await journal.putEvents([event, { ...event, id: 2 }])
    await journal.removeEventsBefore(2)
    await journal.close()

    const again = openLmdbHistory(file)
    t.strictSame(
      [...again.read('minute')].map(({ at }) => at),
      [NOON, NOON + MINUTE],
    )
    const [hour] = again.read('hour')
    t.strictSame(hour?.tables?.consumers.map(({ name }) => name).toSorted(), ['__proto__', 'alice'])
    t.strictSame(
      [...again.events()].map(({ id }) => id),
      [2],
    )
    await again.removeBefore('minute', NOON + MINUTE)
    t.strictSame(
      [...again.read('minute')].map(({ at }) => at),
      [NOON + MINUTE],
    )
    t.equal([...again.read('hour')].length, 1)
    await again.close()
  },
)

t.test('a damaged record is noticed when the file is opened, not when the page is', async (t) => {
  for (const [name, key, value] of [
    ['buckets', ['minute', NOON], { at: NOON, ways: 'many' }],
    ['events', 1, { id: 1 }],
  ] satisfies [string, [string, number] | number, object][]) {
    const directory = mkdtempSync(join(tmpdir(), 'history-'))
    t.teardown(() => rmSync(directory, { recursive: true, force: true }))
    const file = join(directory, 'history.mdb')
    await openLmdbHistory(file).close()
    const root = open({ path: file, maxDbs: 4 })
    await root.openDB<unknown>({ name, encoding: 'json' }).put(key, value)
    await root.close()
    t.throws(() => openLmdbHistory(file), /is damaged/, name)
  }
})

t.test(
  'the sums of a day have its open hours, its closed ones, and groups of many requests',
  async (t) => {
    const history = begun()
    history.add(one(), NOON - 24 * HOUR)
    history.add(one(), NOON)
    history.add(called(1), NOON)
    await history.flush(NOON + 3 * HOUR)
    history.add(one({ way: 'fetched' }), NOON + 3 * HOUR)
    const ofBob = (part: Partial<RequestGroup>) => group({ client: 'bob', ...part })
    const groups = [ofBob({ count: 40 }), ofBob({ way: 'stale', count: 2 })]
    history.add({ groups, calls: 0 }, NOON + 3 * HOUR)
    history.add(called(2), NOON + 3 * HOUR)
    const { ways, calls } = history.sums(Date.UTC(2026, 2, 10))
    t.match(ways, { hit: 41, stale: 2, fetched: 1, refused: 0 })
    t.equal(calls, 3)
    const consumers = history.buckets('hour').at(-1)?.tables?.consumers
    t.match(consumers?.[0], { name: 'bob', ways: { hit: 40, stale: 2 } })
  },
)
