import t from 'tap'
import {
  createMemorySpendingJournal,
  OTHERS,
  SpendingBook,
  UNKNOWN,
} from '../../src/limits/index.js'
import type { SpendingJournal } from '../../src/limits/index.js'

const HOUR_MS = 3_600_000
const NOON = Date.parse('2026-03-10T12:00:00Z')
const HOUR = NOON / HOUR_MS

const bookOn = (journal: SpendingJournal = createMemorySpendingJournal()) =>
  new SpendingBook({
    journal,
    resources: new Set(['task', 'time']),
    isListed: (consumer) => consumer === 'listed',
  })
const spent = (consumer: string, rest: object = {}) => ({
  account: 'a',
  consumer,
  resource: 'task',
  takenAtWallMs: NOON,
  ...rest,
})
const rows = (book: SpendingBook, hour = HOUR) =>
  [...book.ofHour(hour)].map(({ account, consumer, resource, calls }) =>
    [account, consumer, resource, calls].join(' '),
  )

t.test('by account, consumer and resource; what is given back is taken out again', async (t) => {
  const book = bookOn()
  book.add(spent('app'), 1)
  book.add(spent('app'), 1)
  book.add(spent('app', { resource: 'time' }), 1)
  book.add(spent('app', { resource: 'nosuchthing' }), 1)
  book.add(spent('app', { account: 'b' }), 1)
  book.add(spent('app'), -1)
  t.same(rows(book), ['a app task 1', 'a app time 1', 'a app other 1', 'b app task 1'])
})

t.test('a thousand names an hour, then others; those in the configuration by name', async (t) => {
  const book = bookOn()
  for (let i = 0; i < 3_000; i++) book.add(spent(`c${i}`), 1)
  book.add(spent('listed'), 1)
  book.add(spent('c7'), 1)
  const found = [...book.ofHour(HOUR)]
  t.equal(found.length, 1_002)
  t.match(
    found.find(({ consumer }) => consumer === OTHERS),
    { calls: 2_000 },
  )
  t.match(
    found.find(({ consumer }) => consumer === 'c7'),
    { calls: 2 },
  )
  t.ok(found.some(({ consumer }) => consumer === 'listed'))
})

t.test('only what changed is written, and all of it when a write failed', async (t) => {
  const inner = createMemorySpendingJournal()
  const puts: number[] = []
  let isBroken = false
  const book = bookOn({
    ...inner,
    put(records) {
      puts.push(records.length)
      return isBroken ? Promise.reject(new Error('no space')) : inner.put(records)
    },
  })
  book.add(spent('x'), 1)
  book.add(spent('y'), 1)
  await book.flush(NOON)
  await book.flush(NOON)
  book.add(spent('x'), 1)
  isBroken = true
  await t.rejects(book.flush(NOON), { message: 'no space' })
  isBroken = false
  book.add(spent('y'), 1)
  await book.flush(NOON)
  t.same(puts, [2, 1, 2])
  t.same(rows(bookOn(inner)), ['a x task 2', 'a y task 2'])
})

t.test('35 days are kept; hours that are over leave the memory, and can come back', async (t) => {
  const journal = createMemorySpendingJournal()
  const book = bookOn(journal)
  for (let hour = 0; hour < 40 * 24; hour++) {
    const takenAtWallMs = NOON + hour * HOUR_MS
    book.add(spent('app', { takenAtWallMs }), 1)
    await book.flush(takenAtWallMs)
  }
  const last = HOUR + 40 * 24 - 1
  t.equal([...journal.read(0, last + 1)].length, 35 * 24 + 1)
  t.same(rows(book, HOUR), [], 'forgotten')
  // A clock that was set back adds to what is there.
  book.add(spent('app', { takenAtWallMs: (last - 100) * HOUR_MS }), 1)
  t.same(rows(book, last - 100), ['a app task 2'])
})

t.test('for the ledger of a new process: today and yesterday, by day', async (t) => {
  const journal = createMemorySpendingJournal()
  const book = bookOn(journal)
  book.add(spent('app'), 3)
  book.add(spent('app', { resource: 'time' }), 2)
  book.add(spent('app', { takenAtWallMs: NOON - 24 * HOUR_MS }), 4)
  book.add(spent('app', { takenAtWallMs: NOON - 72 * HOUR_MS }), 9)
  await book.flush(NOON)
  t.same(bookOn(journal).earlier(NOON + HOUR_MS), [
    { account: 'a', day: '2026-03-09', consumer: 'app', calls: 4 },
    { account: 'a', day: '2026-03-10', consumer: 'app', calls: 5 },
  ])
})

t.test('what a crash cost the book is booked to nobody, once', async (t) => {
  const journal = createMemorySpendingJournal()
  const book = bookOn(journal)
  book.add(spent('app'), 5)
  await book.flush(NOON)
  const counted = [
    { account: 'a', day: '2026-03-10', taken: 12 },
    { account: 'b', day: '2026-03-10', taken: 2 },
    { account: 'a', day: '2026-03-09', taken: 500 },
  ]
  for (let restart = 0; restart < 3; restart++) {
    const next = bookOn(journal)
    next.reconcile(counted, NOON)
    t.same(rows(next), ['a app task 5', `a ${UNKNOWN} other 7`, `b ${UNKNOWN} other 2`])
    await next.flush(NOON)
  }
  const more = bookOn(journal)
  more.reconcile([{ account: 'a', day: '2026-03-10', taken: 3 }], NOON)
  t.same(rows(more).length, 3, 'a book that knows more than the ledger stays as it is')
})

t.test('the calls of this hour and the last, by account', async (t) => {
  const book = bookOn()
  book.add(spent('x', { takenAtWallMs: NOON - 30 * 60_000 }), 10)
  book.add(spent('y', { takenAtWallMs: NOON + 60_000 }), 5)
  book.add(spent('y', { takenAtWallMs: NOON - 90 * 60_000 }), 100)
  const { calls, overMs } = book.recent(NOON + 30 * 60_000)
  t.same([...calls], [['a', 15]])
  t.equal(overMs, 90 * 60_000)
})
