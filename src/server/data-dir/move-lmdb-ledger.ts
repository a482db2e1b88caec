/** Moves the ledger of an earlier version, an LMDB file, into a file of slots. */

import { existsSync, renameSync, rmSync } from 'node:fs'
import { open } from 'lmdb'
import { assertLmdbFile } from '../../storage/lmdb-file.js'
import { writeSlotFile } from '../../storage/slot-file.js'
import { JOURNAL_FORMAT } from '../../limits/index.js'

/** More than any setting allows. */
const MAX_SLOTS = 1_000_000

/**
 * Does nothing without a file at `from`. A ledger of both kinds means that the earlier version ran last.
 *
 * @throws Error when `from` cannot be read
 */
export function moveLmdbLedger(from: string, to: string): void {
  if (!existsSync(from)) return
  assertLmdbFile(from)
  const db = open<unknown, string[]>({ path: from, maxReaders: 126, cache: false })
  try {
    const records = Array.from(db.getRange({}))
      .filter(({ key: [kind] }) => kind !== 'meta')
      .map(({ key, value }) => [keyOf(key), value] as const)
    writeSlotFile(`${to}.new`, JOURNAL_FORMAT, records)
  } finally {
    void db.close()
  }
  renameSync(`${to}.new`, to)
  rmSync(from)
  rmSync(`${from}-lock`, { force: true })
}

function keyOf([kind = '', first = '', second = '']: readonly string[]): string {
  switch (kind) {
    case 'slot':
      if (!(Number(first) < MAX_SLOTS)) throw new Error('the number of a slot is damaged')
      return `slot ${first}`
    case 'day':
      return `day ${second} ${first}`
    case 'pause':
      return `pause ${first}`
    default:
      return kind
  }
}
