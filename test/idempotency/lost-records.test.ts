/** A file that cannot be read is no empty one: until a day has passed, or a person decides otherwise. */
import { readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { systemClock } from '../../src/server/clock.js'
import { openDataDir } from '../../src/server/data-dir/data-dir.js'
import { openKeyRecords } from '../../src/idempotency/open-key-records.js'
import { inDoubtUntilMs } from '../../src/idempotency/doubt.js'
import { KEY_TTL_MS } from '../../src/server/ports/key-records.js'
import { begin } from './contract/records.js'

async function open(path: string) {
  const complaints: string[] = []
  const note = (...args: unknown[]) => void complaints.push(String(args.at(-1)))
  const log = { error: note, warn: () => {} }
  const cache = { origin: 'http://x/', maxBytes: 1e6, maxEntryBytes: 1e5, log }
  const clock = systemClock()
  const dataDir = await openDataDir(path, clock, cache)
  const idempotency = openKeyRecords(dataDir, { log, clock })
  return {
    idempotency,
    complaints,
    async close() {
      await idempotency.records.close()
      await dataDir.disk.close()
      await dataDir.journal.close()
    },
  }
}

/** A data directory that knows two keys. */
async function used(t: Test): Promise<string> {
  const path = t.testdir({})
  const dataDir = await open(path)
  t.equal(dataDir.idempotency.inDoubtUntilMs, 0)
  await begin(dataDir.idempotency.records, 'a'.repeat(64), Date.now())
  await begin(dataDir.idempotency.records, 'b'.repeat(64), Date.now())
  await dataDir.close()
  return path
}

const DAMAGES: readonly (readonly [what: string, damage: (path: string) => void])[] = [
  ['cut off', (path) => truncateSync(join(path, 'idempotency.mdb'), 5_000)],
  ['overwritten', (path) => writeFileSync(join(path, 'idempotency.mdb'), 'nonsense\n'.repeat(999))],
  ['with another secret', (path) => rmSync(join(path, 'secret.key'))],
]

for (const [what, damage] of DAMAGES) {
  t.test(`${what}: set aside, and in doubt for a day, also after another start`, async (t) => {
    const path = await used(t)
    damage(path)
    const before = Date.now()
    for (let start = 0; start < 2; start++) {
      const { idempotency, complaints, close } = await open(path)
      const isSetAside = complaints.some((text) =>
        text.startsWith('the record of idempotency keys'),
      )
      t.equal(isSetAside, start === 0)
      t.ok(idempotency.inDoubtUntilMs >= before + KEY_TTL_MS)
      t.ok(idempotency.inDoubtUntilMs <= Date.now() + KEY_TTL_MS)
      t.strictSame(idempotency.records.usage(), { records: 0, bytes: 0 })
      await close()
    }
    for (const name of readdirSync(path)) {
      if (name.includes('.damaged-')) rmSync(join(path, name))
    }
    const { idempotency, close } = await open(path)
    t.equal(idempotency.inDoubtUntilMs, 0, 'a person has taken the risk')
    await close()
  })
}

t.test('whole: nothing is lost, and nobody else may read it', async (t) => {
  const path = await used(t)
  const { idempotency, complaints, close } = await open(path)
  t.strictSame(complaints, [])
  t.equal(idempotency.inDoubtUntilMs, 0)
  t.equal(idempotency.records.usage().records, 2)
  t.equal(statSync(join(path, 'idempotency.mdb')).mode & 0o777, 0o600)
  await close()
})

t.test('the youngest of several that were set aside counts', async (t) => {
  const path = t.testdir({
    'idempotency.mdb.damaged-2026-03-10T120000.500Z': '',
    'idempotency.mdb.damaged-2026-03-11T120000.500Z': '',
    'idempotency.mdb.damaged-by-hand': '',
    'idempotency.mdb.damaged-2026-99-99T120000.500Z': '',
    'cache.mdb.damaged-2026-03-12T120000.500Z': '',
  })
  const untilMs = inDoubtUntilMs(join(path, 'idempotency.mdb'))
  t.equal(new Date(untilMs).toISOString(), '2026-03-12T12:00:00.500Z')
})
