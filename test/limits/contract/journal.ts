import type { Test } from 'tap'
import type { Journal, Permit } from '../../../src/limits/index.js'
import type { PauseRecord, SlotRecord } from '../../../src/limits/journal/journal.js'
import { testClock } from '../clock.js'
import { HOLD_MS, ledgerWith, take } from '../setup.js'

export interface JournalUnderTest {
  readonly name: string
  /** A place without history; what `open` gives is closed before it is called again. */
  readonly place: (t: Test) => { readonly open: () => Journal }
}

const slot: SlotRecord = {
  bootId: 'boot-1',
  wallMs: 1_773_144_000_000,
  endedAtMs: 12_345.678,
  lost: true,
  account: 'agency',
  days: ['2026-03-10', '2026-03-11'],
}
const pause = (scope: string, untilMs: number | null): PauseRecord => ({
  bootId: null,
  pause: {
    scope,
    reason: 'suspended',
    sinceWallMs: 5,
    untilMs,
    untilWallMs: untilMs,
    durationMs: untilMs,
    strikes: 2,
    detail: 'the account is suspended “für immer” \u0000 \u{1F600}',
  },
})
const day = { account: 'agency', day: '2026-03-10', taken: 7, doubtful: 2 }
const clock = { bootId: 'boot-1', anchorMs: 1.5, wallOffsetMs: -3, isSet: true }

/** What every implementation of the port has to do. */
export function journalContract(t: Test, { name, place }: JournalUnderTest): void {
  t.test(`${name}: no history is undefined, also the second time`, async (t) => {
    const { open } = place(t)
    for (let i = 0; i < 2; i++) {
      const journal = open()
      t.equal(journal.load(), undefined)
      await journal.close()
    }
  })

  t.test(`${name}: what was put is there after it was opened again`, async (t) => {
    const { open } = place(t)
    const journal = open()
    await Promise.all([
      journal.putSlot(0, slot),
      journal.putSlot(117, { ...slot, bootId: null, endedAtMs: null, lost: false, days: [] }),
      journal.putDay(day),
      journal.putPause(pause('account:agency', null)),
      journal.putPause(pause('window', 99.5)),
      journal.putCeiling({ ceiling: 75, loweredWallMs: 4 }),
      journal.putClock(clock),
    ])
    const before = journal.load()
    await journal.close()
    const again = open()
    const after = again.load()
    t.same(after, before, 'and there at once')
    t.same(after?.slots.get(0), slot)
    t.same(new Set(after?.slots.keys()), new Set([0, 117]))
    t.match(after?.slots.get(117), { bootId: null, endedAtMs: null })
    t.same(after?.days, [day])
    t.same(after?.pauses.map((one) => one.pause.scope).toSorted(), ['account:agency', 'window'])
    t.same(
      after?.pauses.find((one) => one.pause.scope === 'window'),
      pause('window', 99.5),
    )
    t.same(after?.ceiling, { ceiling: 75, loweredWallMs: 4 })
    t.same(after?.clock, clock)
    await again.close()
  })

  t.test(`${name}: the last record of a key counts`, async (t) => {
    const { open } = place(t)
    const journal = open()
    for (let taken = 1; taken <= 20; taken++) void journal.putDay({ ...day, taken })
    await journal.putDay({ ...day, taken: 21 })
    await journal.putSlot(0, slot)
    await journal.putSlot(0, { ...slot, lost: false })
    await journal.close()
    const again = open()
    t.match(again.load()?.days, [{ taken: 21 }])
    t.match(again.load()?.slots.get(0), { lost: false })
    await again.close()
  })

  t.test(`${name}: removal, of what is there and of what is not`, async (t) => {
    const { open } = place(t)
    const journal = open()
    await journal.putDay(day)
    await journal.putDay({ ...day, day: '2026-03-11' })
    await journal.putDay({ ...day, account: 'studio' })
    await journal.putPause(pause('window', 1))
    await journal.removeDay('agency', '2026-03-10')
    await journal.removeDay('agency', '1999-01-01')
    await journal.removePause('window')
    await journal.removePause('nothing')
    await journal.close()
    const again = open()
    const left = again.load()?.days.map((one) => `${one.account} ${one.day}`)
    t.same(left?.toSorted(), ['agency 2026-03-11', 'studio 2026-03-10'])
    t.same(again.load()?.pauses, [])
    await again.close()
  })

  t.test(`${name}: names of accounts may contain anything`, async (t) => {
    const { open } = place(t)
    const names = ['', ' ', 'a:b', 'a/b', '["a"]', 'ü', '\u{1F600}', 'a\u0000b', 'x'.repeat(200)]
    const journal = open()
    await Promise.all(names.map((account) => journal.putDay({ ...day, account })))
    await journal.close()
    const again = open()
    const found = again.load()?.days.map(({ account }) => account)
    t.same(found?.toSorted(), names.toSorted())
    await Promise.all(names.map((account) => again.removeDay(account, day.day)))
    t.same(again.load()?.days ?? [], [])
    await again.close()
  })

  t.test(`${name}: 10,000 requests leave at most a record per slot`, async (t) => {
    const { open } = place(t)
    const journal = open()
    const clock = testClock(Date.parse('2026-03-10T00:10:00Z'))
    const ledger = ledgerWith(clock, { max: 100, dayMax: 1_000_000, journal })
    for (let round = 0; round < 100; round++) {
      const permits: Permit[] = await Promise.all(Array.from({ length: 100 }, () => take(ledger)))
      for (const permit of permits) ledger.settle(permit, 'answered')
      clock.advance(HOLD_MS)
    }
    const contents = journal.load()
    t.equal(contents?.slots.size, 100)
    t.match(contents?.days, [{ taken: 10_000 }])
    await ledger.close()
  })
}
