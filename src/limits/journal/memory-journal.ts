import type {
  CeilingRecord,
  ClockRecord,
  DayRecord,
  Journal,
  JournalContents,
  PauseRecord,
  SlotRecord,
} from './journal.js'

/**
 * A journal that lives as long as its object: for tests, and to try the proxy without a disk. Hand
 * the same object to a second ledger to play a restart.
 */
export function createMemoryJournal(): Journal {
  const slots = new Map<number, SlotRecord>()
  const days = new Map<string, DayRecord>()
  const pauses = new Map<string, PauseRecord>()
  let ceiling: CeilingRecord | undefined
  let clock: ClockRecord | undefined
  let isUsed = false

  const dayKey = (account: string, day: string): string => JSON.stringify([account, day])
  const done = Promise.resolve()

  return {
    load: (): JournalContents | undefined =>
      isUsed
        ? {
            slots: new Map(slots),
            days: [...days.values()],
            pauses: [...pauses.values()],
            ceiling,
            clock,
          }
        : undefined,
    putSlot(index, record) {
      isUsed = true
      slots.set(index, record)
      return done
    },
    putDay(record) {
      isUsed = true
      days.set(dayKey(record.account, record.day), record)
      return done
    },
    removeDay(account, day) {
      days.delete(dayKey(account, day))
      return done
    },
    putPause(record) {
      isUsed = true
      pauses.set(record.pause.scope, record)
      return done
    },
    removePause(scope) {
      pauses.delete(scope)
      return done
    },
    putCeiling(record) {
      isUsed = true
      ceiling = record
      return done
    },
    putClock(record) {
      isUsed = true
      clock = record
      return done
    },
    close: () => done,
  }
}
