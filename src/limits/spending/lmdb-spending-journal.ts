/**
 * The spending journal on disk, in an LMDB file of its own: however it is damaged, the ledger is not,
 * and its batches do not stand in the way of a permit.
 */

import { assertRoom } from '../../storage/free-space.js'
import { openDatabase } from '../../storage/open-database.js'
import { within } from '../../storage/within.js'
import { dayOfHour } from './spending-journal.js'
import type { NoticeRecord, SpendingJournal, SpendingRecord } from './spending-journal.js'

/** Raised when a record changes its shape. */
const FORMAT = 1

type HourKey = [hour: number, account: string, consumer: string, resource: string]
type NoticeKey = [day: string, subject: string]

/**
 * Opens `path` (a file; LMDB puts a `-lock` beside it), or makes it.
 *
 * @throws FileFormatError when another version wrote it; any other error means that the file cannot be
 *   read.
 */
export function openLmdbSpendingJournal(path: string): SpendingJournal {
  const { root } = openDatabase(path, FORMAT)
  const hours = root.openDB<number, HourKey>({ name: 'hours' })
  const notices = root.openDB<number, NoticeKey>({ name: 'notices' })

  return {
    *read(fromHour, toHour): Generator<SpendingRecord> {
      const range = { start: [fromHour] as unknown as HourKey, end: [toHour] as unknown as HourKey }
      for (const { key, value: calls } of hours.getRange(range)) {
        const [hour, account, consumer, resource] = key
        yield { hour, account, consumer, resource, calls }
      }
    },
    async put(records) {
      assertRoom(path)
      await within(
        hours.transaction(() => {
          for (const { hour, account, consumer, resource, calls } of records) {
            void hours.put([hour, account, consumer, resource], calls)
          }
        }),
      )
    },
    async removeBefore(hour) {
      const old = [...hours.getKeys({ end: [hour] as unknown as HourKey })]
      const said = [...notices.getKeys({ end: [dayOfHour(hour)] as unknown as NoticeKey })]
      assertRoom(path)
      await within(
        root.transaction(() => {
          for (const key of old) void hours.remove(key)
          for (const key of said) void notices.remove(key)
        }),
      )
    },
    *notices(): Generator<NoticeRecord> {
      for (const { key, value: threshold } of notices.getRange()) {
        yield { day: key[0], subject: key[1], threshold }
      }
    },
    async putNotice({ day, subject, threshold }) {
      assertRoom(path)
      await within(notices.put([day, subject], threshold))
    },
    close: () => root.close(),
  }
}
