/**
 * The journal on disk, in LMDB. A write is safe against kill -9 when its transaction is committed
 * (the pages are the kernel's by then). Against a power cut it need not be: after another boot the
 * ledger assumes the worst about the window anyway, and asks `/quota/` about the day.
 */

import { open } from 'lmdb'
import type {
  CeilingRecord,
  ClockRecord,
  DayRecord,
  Journal,
  JournalContents,
  PauseRecord,
  SlotRecord,
} from './journal.js'
import { assertJournalShape } from './journal-shape.js'
import { assertLmdbFile } from '../storage/lmdb-file.js'
import { FileFormatError } from '../storage/open-database.js'

/** Raised when a record changes its shape; a file of another format is never read as this one. */
const FORMAT = 1

/**
 * Opens `path` (a file; LMDB puts a `-lock` beside it), or makes it.
 *
 * @throws FileFormatError when another version wrote it; any other error means that the file
 *   cannot be read as a journal.
 */
export function openLmdbJournal(path: string): Journal {
  assertLmdbFile(path)
  const db = open<unknown, string[]>({ path, maxReaders: 126, cache: false })
  let isNew = true
  for (const { value } of db.getRange({ start: ['meta'], end: ['meta', '\uffff'] })) {
    isNew = false
    const { format } = (value ?? {}) as { format?: unknown }
    if (typeof format !== 'number') {
      void db.close()
      throw new Error(`the format of ${path} is damaged`)
    }
    if (format !== FORMAT) {
      void db.close()
      throw new FileFormatError(path, { found: format, read: FORMAT })
    }
  }

  const range = (kind: string): { key: string[]; value: unknown }[] => [
    // No end by a largest name: names of accounts may begin with any character.
    ...db.getRange({ start: [kind], end: [`${kind}~`] }),
  ]
  const values = (kind: string): unknown[] => range(kind).map(({ value }) => value)

  const put = async (key: string[], value: unknown): Promise<void> => {
    if (!isNew) {
      await db.put(key, value)
      return
    }
    // Together, and again until it succeeded: without its format a file has no history.
    await Promise.all([db.put(['meta', 'format'], { format: FORMAT }), db.put(key, value)])
    isNew = false
  }
  const remove = async (key: string[]): Promise<void> => {
    await db.remove(key)
  }

  const read = (): JournalContents => {
    const slots = new Map<number, SlotRecord>()
    for (const { key, value } of range('slot')) slots.set(Number(key[1]), value as SlotRecord)
    return {
      slots,
      days: values('day') as DayRecord[],
      pauses: values('pause') as PauseRecord[],
      ceiling: values('ceiling')[0] as CeilingRecord | undefined,
      clock: values('clock')[0] as ClockRecord | undefined,
    }
  }
  try {
    // Here and not in load(): whoever opens a damaged file can still set it aside.
    assertJournalShape(read())
  } catch (error) {
    void db.close()
    throw error
  }

  return {
    load: () => (isNew ? undefined : read()),
    putSlot: (index, record) => put(['slot', String(index)], record),
    putDay: (record) => put(['day', record.account, record.day], record),
    removeDay: (account, day) => remove(['day', account, day]),
    putPause: (record) => put(['pause', record.pause.scope], record),
    removePause: (scope) => remove(['pause', scope]),
    putClock: (record) => put(['clock', 'upstream'], record),
    putCeiling: (record) => put(['ceiling', 'window'], record),
    close: () => db.close(),
  }
}
