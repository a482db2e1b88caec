/** The records of idempotency keys in the data directory. */

import { createHmac } from 'node:crypto'
import { join } from 'node:path'
import type { FastifyBaseLogger } from 'fastify'
import type { Clock } from '../limits/index.js'
import type { DataDir } from '../server/data-dir/data-dir.js'
import type { KeyRecords } from '../server/ports/key-records.js'
import { inDoubtUntilMs } from './doubt.js'
import { openLmdbRecords } from './lmdb-records.js'

const FILE = 'idempotency.mdb'

export function openKeyRecords(
  { path, secret, openFile }: Pick<DataDir, 'path' | 'secret' | 'openFile'>,
  { log, clock }: { readonly log: Pick<FastifyBaseLogger, 'warn'>; readonly clock: Clock },
): { readonly records: KeyRecords; readonly inDoubtUntilMs: number } {
  const secretCheck = createHmac('sha256', secret).update('idempotency').digest('hex')
  const records = openFile(FILE, 'record of idempotency keys', (file) =>
    openLmdbRecords(file, { secretCheck }),
  )
  const untilMs = inDoubtUntilMs(join(path, FILE))
  if (untilMs > clock.wallMs()) {
    log.warn(
      `records of idempotency keys were lost, so requests with an unknown key are refused until ${new Date(untilMs).toISOString()}: any of them may be the repeat of a write that was carried out. To take that risk, delete ${FILE}.damaged-* in ${path} and restart`,
    )
  }
  return { records, inDoubtUntilMs: untilMs }
}
