/**
 * The requests that a proxy counted in its data directory before it became one of several replicas, because
 * they count against the same day and window. Read at each start, and reported to Redis once; see
 * ledger-seed.ts.
 */

import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { FastifyBaseLogger } from 'fastify'
import {
  dayOfHour,
  hourOf,
  openJournalFile,
  openLmdbSpendingJournal,
  type Clock,
} from '../../limits/index.js'
import { EARLIER_LEDGER_FILE, LEDGER_FILE } from '../../server/data-dir/data-dir.js'
import { moveLmdbLedger } from '../../server/data-dir/move-lmdb-ledger.js'
import { lockDirectory } from '../../server/data-dir/directory-lock.js'
import type { EarlierLedger } from '../limits/ledger-seed.js'

const HOURS_OF_TWO_DAYS = 48

/** @throws StartRefusedError while another proxy still spends from that directory */
export async function earlierLedger(
  storeDir: string,
  { clock, log }: { readonly clock: Clock; readonly log: Pick<FastifyBaseLogger, 'warn'> },
): Promise<EarlierLedger | undefined> {
  const dir = resolve(storeDir)
  const file = join(dir, LEDGER_FILE)
  const lmdbFile = join(dir, EARLIER_LEDGER_FILE)
  if (!existsSync(file) && !existsSync(lmdbFile)) return undefined
  const claim = await lockDirectory(dir, { clock, onWait: (text) => log.warn(text) })
  try {
    moveLmdbLedger(lmdbFile, file)
    const journal = openJournalFile(file)
    const contents = journal.load()
    await journal.close()
    if (contents === undefined) return undefined
    return { ...contents, spent: await spentIn(join(dir, 'spending.mdb'), clock) }
  } finally {
    await claim.release()
  }
}

async function spentIn(file: string, clock: Clock): Promise<EarlierLedger['spent']> {
  if (!existsSync(file)) return []
  const journal = openLmdbSpendingJournal(file)
  const last = hourOf(clock.wallMs())
  const spent = Array.from(
    journal.read(last - HOURS_OF_TWO_DAYS, last + 1),
    ({ hour, account, consumer, calls }) => ({ account, day: dayOfHour(hour), consumer, calls }),
  )
  await journal.close()
  return spent
}
