/**
 * The journal on disk, in LMDB. A write is safe against kill -9 when its transaction is committed
 * (the pages are the kernel's by then). Against a power cut it need not be: after another boot the
 * ledger assumes the worst about the window anyway, and asks `/quota/` about the day.
 */

import { open } from 'lmdb'
import type { RootDatabase } from 'lmdb'
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
 * transaction of its own would delay the next permit, and was 2 of the 5 ms of a miss on a slow
 * machine. An end that is lost holds its slot longer, never shorter.
 */
const ENDS_WITHIN_MS = 50

/**
 * Opens `path` (a file; LMDB puts a `-lock` beside it), or creates it.
 *
 * @throws FileFormatError when another version wrote it; any other error means that the file cannot be
 *   read as a journal.
 */
export function openLmdbJournal(path: string): Journal {
  assertLmdbFile(path)
  const db = open<unknown, string[]>({ path, maxReaders: 126, cache: false })
  try {
    assertFormat(db, path)
    // Here and not in load(): the caller of this function can set a damaged file aside.
    assertJournalShape(contentsOf(db))
  } catch (error) {
    void db.close()
    throw error
  }
  const file = new JournalFile(db)
  return {
    load: () => file.load(),
    putSlot: (index, record) =>
      record.endedAtMs === null
        ? file.put(['slot', String(index)], record)
        : file.putEnd(index, record),
    putDay: (record) => file.put(['day', record.account, record.day], record),
    removeDay: (account, day) => file.remove(['day', account, day]),
    putPause: (record) => file.put(['pause', record.pause.scope], record),
    removePause: (scope) => file.remove(['pause', scope]),
    putCeiling: (record) => file.put(['ceiling', 'window'], record),
    putClock: (record) => file.put(['clock', 'upstream'], record),
    close: () => file.close(),
  }
}

function assertFormat(db: RootDatabase<unknown, string[]>, path: string): void {
  let isFound = false
  for (const { value } of db.getRange({ start: ['meta'], end: ['meta', '\uffff'] })) {
    isFound = true
    const { format } = (value ?? {}) as { format?: unknown }
    if (typeof format !== 'number') throw new Error(`the format of ${path} is damaged`)
    if (format !== FORMAT) throw new FileFormatError(path, { found: format, read: FORMAT })
  }
  if (!isFound) db.putSync(['meta', 'format'], { format: FORMAT })
}

function contentsOf(db: RootDatabase<unknown, string[]>): JournalContents {
  // No end by a largest name: names of accounts may begin with any character.
  const range = (kind: string) => [...db.getRange({ start: [kind], end: [`${kind}~`] })]
  const values = (kind: string): unknown[] => range(kind).map(({ value }) => value)
  return {
    slots: new Map(range('slot').map(({ key, value }) => [Number(key[1]), value as SlotRecord])),
    days: values('day') as DayRecord[],
    pauses: values('pause') as PauseRecord[],
    ceiling: values('ceiling')[0] as CeilingRecord | undefined,
    clock: values('clock')[0] as ClockRecord | undefined,
  }
}

/** Ends of requests that wait to be written together; the last one of each slot. */
interface Ends {
  readonly records: Map<number, SlotRecord>
  readonly written: Promise<unknown>
  readonly settle: (written: Promise<unknown>) => void
  readonly timer: NodeJS.Timeout
}

class JournalFile {
  readonly #db: RootDatabase<unknown, string[]>
  #ends: Ends | undefined
  /** Without a record there is no history, and the file is like a new one. */
  #isUsed: boolean

  constructor(db: RootDatabase<unknown, string[]>) {
    this.#db = db
    const { slots, days, pauses, ceiling, clock } = contentsOf(db)
    const records = slots.size + days.length + pauses.length
    this.#isUsed = records > 0 || ceiling !== undefined || clock !== undefined
  }

  load(): JournalContents | undefined {
    return this.#isUsed ? contentsOf(this.#db) : undefined
  }

  putEnd(index: number, record: SlotRecord): Promise<unknown> {
    this.#isUsed = true
    this.#ends ??= this.#openEnds()
    this.#ends.records.set(index, record)
    return this.#ends.written
  }

  #openEnds(): Ends {
    let settle: Ends['settle'] = () => {}
    const written = new Promise<unknown>((resolve) => {
      settle = resolve
    })
    const timer = setTimeout(() => this.#writeEnds(), ENDS_WITHIN_MS)
    return { records: new Map(), written, settle, timer }
  }

  #writeEnds(): void {
    const ends = this.#ends
    if (ends === undefined) return
    this.#ends = undefined
    clearTimeout(ends.timer)
    const puts = []
    for (const [index, record] of ends.records) {
      puts.push(this.#db.put(['slot', String(index)], record))
    }
    ends.settle(Promise.all(puts))
  }

  /** The pending ends go into the same transaction: no record is there without the earlier ones. */
  put(key: string[], value: unknown): Promise<unknown> {
    this.#isUsed = true
    this.#writeEnds()
    return this.#db.put(key, value)
  }

  remove(key: string[]): Promise<unknown> {
    this.#writeEnds()
    return this.#db.remove(key)
  }

  async close(): Promise<void> {
    this.#writeEnds()
    await this.#db.close()
  }
}
