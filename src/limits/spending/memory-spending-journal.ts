import { dayOfHour } from './spending-journal.js'
import type { NoticeRecord, SpendingJournal, SpendingRecord } from './spending-journal.js'

/** A spending journal that lives as long as its object; hand it on to play a restart. */
export function createMemorySpendingJournal(): SpendingJournal {
  const records = new Map<string, SpendingRecord>()
  const notices = new Map<string, NoticeRecord>()
  const done = Promise.resolve()
  return {
    read(fromHour, toHour) {
      return [...records.values()]
        .filter(({ hour }) => hour >= fromHour && hour < toHour)
        .toSorted((a, b) => a.hour - b.hour)
    },
    put(changed) {
      for (const record of changed) {
        const { hour, account, consumer, resource } = record
        records.set(JSON.stringify([hour, account, consumer, resource]), record)
      }
      return done
    },
    removeBefore(before) {
      for (const [key, { hour }] of records) if (hour < before) records.delete(key)
      for (const [key, { day }] of notices) if (day < dayOfHour(before)) notices.delete(key)
      return done
    },
    notices: () => [...notices.values()],
    putNotice(record) {
      notices.set(JSON.stringify([record.day, record.subject]), record)
      return done
    },
    close: () => done,
  }
}
