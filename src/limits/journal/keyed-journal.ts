/** The journal as records by key, and the two stores for them: a file of slots, and memory. */

import { SlotFile } from '../../storage/slot-file.js'
import type { CeilingRecord, ClockRecord, DayRecord, Journal } from './journal.js'
import type { JournalContents, PauseRecord, SlotRecord } from './journal.js'

/** Raised when a record changes its shape. */
export const JOURNAL_FORMAT = 1

type RecordStore = Pick<
  SlotFile,
  'records' | 'isWhole' | 'put' | 'remove' | 'sync' | 'problem' | 'close'
>

/**
 * Opens `path`, or creates it.
 *
 * @throws FileFormatError when another version wrote it; any other error means that it cannot be read
 */
export const openJournalFile = (path: string): Journal =>
  journalIn(new SlotFile(path, { format: JOURNAL_FORMAT }))

/** For tests, and for a proxy without a disk. A second ledger with the same object acts as a restart. */
export function createMemoryJournal(): Journal {
  const records = new Map<string, unknown>()
  return journalIn({
    records,
    isWhole: true,
    put: async (key, value) => void records.set(key, value),
    remove: async (key) => void records.delete(key),
    sync: async () => {},
    problem: () => undefined,
    close: async () => {},
  })
}

const dayKey = ({ account, day }: Pick<DayRecord, 'account' | 'day'>): string =>
  `day ${day} ${account}`

function journalIn(store: RecordStore): Journal {
  /** A pause outlives a power cut. */
  const synced = async (written: Promise<void>): Promise<void> => {
    await written
    await store.sync()
  }
  return {
    load: () => contentsOf(store),
    putSlot: (index, record) => store.put(`slot ${index}`, record),
    putDay: (record) => store.put(dayKey(record), record),
    removeDay: (account, day) => store.remove(dayKey({ account, day })),
    putPause: (record) => synced(store.put(`pause ${record.pause.scope}`, record)),
    removePause: (scope) => synced(store.remove(`pause ${scope}`)),
    putCeiling: (record) => store.put('ceiling', record),
    putClock: (record) => store.put('clock', record),
    problem: () => store.problem(),
    close: () => store.close(),
  }
}

function contentsOf({ records, isWhole }: RecordStore): JournalContents | undefined {
  if (records.size === 0 && isWhole) return undefined
  const slots = new Map<number, SlotRecord>()
  const days: DayRecord[] = []
  const pauses: PauseRecord[] = []
  for (const [key, value] of records) {
    if (key.startsWith('slot ')) slots.set(Number(key.slice(5)), value as SlotRecord)
    else if (key.startsWith('day ')) days.push(value as DayRecord)
    else if (key.startsWith('pause ')) pauses.push(value as PauseRecord)
  }
  const ceiling = records.get('ceiling') as CeilingRecord | undefined
  const clock = records.get('clock') as ClockRecord | undefined
  return { slots, days, pauses, ceiling, clock, isDamaged: !isWhole }
}
