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
import { assertLmdbFile } from '../../storage/lmdb-file.js'
import { FileFormatError } from '../../storage/open-database.js'

/** Raised when a record changes its shape; a file of another format is never read as this one. */
const FORMAT = 1

/**
 * The end of a request is written with the next other record, or this long after it, milliseconds: a
 * transaction of its own would be synchronized when the next permit wants to be written, and was
 * 2 of the 5 ms of a miss on a slow machine. An end that is lost holds its slot longer, never shorter.
 */
const ENDS_WITHIN_MS = 50

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

  const putNow = async (key: string[], value: unknown): Promise<void> => {
    if (!isNew) {
      await db.put(key, value)
      return
    }
    // Together, and again until it succeeded: without its format a file has no history.
    await Promise.all([db.put(['meta', 'format'], { format: FORMAT }), db.put(key, value)])
    isNew = false
  }

  let ends: Ends | undefined
  const openEnds = (): Ends => {
    const records = new Map<number, SlotRecord>()
    let write = (): void => {}
    const written = new Promise<void>((resolve, reject) => {
      write = () => {
        ends = undefined
        clearTimeout(timer)
        const puts = Array.from(records, ([index, record]) => putNow(slotKey(index), record))
        Promise.all(puts).then(() => resolve(), reject)
      }
    })
    const timer = setTimeout(write, ENDS_WITHIN_MS)
    return { records, written, write }
  }

  // Before what comes now, and in its transaction: no record is there without those before it.
  const put = (key: string[], value: unknown): Promise<void> => {
    ends?.write()
    return putNow(key, value)
  }
  const remove = async (key: string[]): Promise<void> => {
    ends?.write()
    await db.remove(key)
  }
  const putEnd = (index: number, record: SlotRecord): Promise<void> => {
    ends ??= openEnds()
    ends.records.set(index, record)
    return ends.written
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
    putSlot: (index, record) =>
      record.endedAtMs === null ? put(slotKey(index), record) : putEnd(index, record),
    putDay: (record) => put(['day', record.account, record.day], record),
    removeDay: (account, day) => remove(['day', account, day]),
    putPause: (record) => put(['pause', record.pause.scope], record),
    removePause: (scope) => remove(['pause', scope]),
    putClock: (record) => put(['clock', 'upstream'], record),
    putCeiling: (record) => put(['ceiling', 'window'], record),
    async close() {
      ends?.write()
      await db.close()
    },
  }
}

/** Ends of requests that wait to be written together; of each slot the last. */
interface Ends {
  readonly records: Map<number, SlotRecord>
  readonly written: Promise<void>
  write(): void
}

const slotKey = (index: number): string[] => ['slot', String(index)]
