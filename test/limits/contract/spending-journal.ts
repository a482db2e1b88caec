import type { Test } from 'tap'
import { SpendingBook } from '../../../src/limits/index.js'
import type { SpendingJournal, SpendingRecord } from '../../../src/limits/index.js'

export interface SpendingJournalUnderTest {
  readonly name: string
  /** A place without history; what `open` gives is closed before it is called again. */
  readonly place: (t: Test) => { readonly open: () => SpendingJournal }
}

const HOUR = 492_000
const record = (hour: number, rest: Partial<SpendingRecord> = {}): SpendingRecord => ({
  hour,
  account: 'agency',
  consumer: 'app',
  resource: 'task',
  calls: 3,
  ...rest,
})

/** What every implementation of the port has to do. */
export function spendingContract(t: Test, { name, place }: SpendingJournalUnderTest): void {
  t.test(`${name}: hours from and up to, in their order, across a restart`, async (t) => {
    const { open } = place(t)
    const journal = open()
    t.same([...journal.read(0, 1e9)], [])
    await journal.put([record(HOUR + 2), record(HOUR), record(HOUR + 1, { resource: 'time' })])
    await journal.put([record(HOUR, { calls: 5 }), record(HOUR, { consumer: 'report' })])
    await journal.close()
    const again = open()
    t.same(
      [...again.read(HOUR, HOUR + 2)].map(({ hour }) => hour),
      [HOUR, HOUR, HOUR + 1],
    )
    t.same(
      [...again.read(HOUR, HOUR + 1)].toSorted((a, b) => (a.consumer < b.consumer ? -1 : 1)),
      [record(HOUR, { calls: 5 }), record(HOUR, { consumer: 'report' })],
      'a count replaces the one before',
    )
    t.same([...again.read(HOUR + 3, HOUR + 9)], [])
    await again.close()
  })

  t.test(`${name}: what is older is forgotten, notices of days before it as well`, async (t) => {
    const { open } = place(t)
    const journal = open()
    await journal.put([record(HOUR - 1), record(HOUR), record(HOUR + 1)])
    const day = new Date(HOUR * 3_600_000).toISOString().slice(0, 10)
    const before = new Date((HOUR - 24) * 3_600_000).toISOString().slice(0, 10)
    await journal.putNotice({ day, subject: '["agency"]', threshold: 0.5 })
    await journal.putNotice({ day, subject: '["agency"]', threshold: 0.8 })
    await journal.putNotice({ day: before, subject: '["agency"]', threshold: 0.95 })
    await journal.removeBefore(HOUR)
    await journal.close()
    const again = open()
    t.same(
      [...again.read(0, 1e9)].map(({ hour }) => hour),
      [HOUR, HOUR + 1],
    )
    t.same([...again.notices()], [{ day, subject: '["agency"]', threshold: 0.8 }])
    await again.close()
  })

  t.test(`${name}: names may contain anything`, async (t) => {
    const { open } = place(t)
    const names = ['', ' ', 'a:b', '["a"]', 'ü', '\u{1F600}', 'a\u0000b', 'x'.repeat(200)]
    const journal = open()
    await journal.put(names.map((consumer) => record(HOUR, { consumer, account: consumer })))
    await journal.close()
    const again = open()
    const found = [...again.read(HOUR, HOUR + 1)]
    t.same(found.map(({ consumer }) => consumer).toSorted(), names.toSorted())
    t.same(found.map(({ account }) => account).toSorted(), names.toSorted())
    await again.close()
  })

  t.test(`${name}: a book goes on where the last one was closed`, async (t) => {
    const { open } = place(t)
    const nowMs = HOUR * 3_600_000
    const bookOf = (journal: SpendingJournal): SpendingBook =>
      new SpendingBook({ journal, resources: new Set(['task']), isListed: () => false })
    const spent = { account: 'agency', consumer: 'app', resource: 'task', takenAtWallMs: nowMs }
    for (let restart = 1; restart <= 3; restart++) {
      const journal = open()
      const book = bookOf(journal)
      book.add(spent, 1)
      book.add(spent, 1)
      book.add(spent, -1)
      t.match([...book.ofHour(HOUR)], [{ consumer: 'app', calls: restart }])
      await book.flush(nowMs)
      await journal.close()
    }
  })
}
