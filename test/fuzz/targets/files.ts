/** What stands on the disk may have been damaged by it. Dear, so they get few of the inputs. */

import fc from 'fast-check'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open } from 'lmdb'
import { openDisk } from '../../../src/cache/index.js'
import { createLedger, openLmdbJournal } from '../../../src/limits/index.js'
import { assertLmdbFile } from '../../../src/storage/lmdb-file.js'
import { createMarker } from '../../../src/server/marker.js'
import { filesBelow } from '../../server/secrets/leaks.js'
import { ensure, target, type FuzzTarget } from '../target.js'

const clock = { bootId: 'b', monotonicMs: () => 1_000, wallMs: () => Date.UTC(2026, 0) }

async function inDirectory<T>(work: (directory: string) => T | Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'fuzz-'))
  try {
    return await work(directory)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

let sample: Buffer | undefined

/** A small database, made once. */
async function database(): Promise<Buffer> {
  sample ??= await inDirectory(async (directory) => {
    const path = join(directory, 'a.mdb')
    const db = open<string, string>({ path })
    await db.put('a', 'b')
    await db.close()
    return readFileSync(path)
  })
  return sample
}

const records = fc.record({
  kind: fc.constantFrom('slot', 'day', 'pause', 'ceiling', 'clock', 'other'),
  name: fc.oneof(fc.string({ minLength: 1, maxLength: 20 }), fc.nat().map(String)),
  value: fc.anything({ withBigInt: false, withDate: false, maxDepth: 2 }),
})

export const FILE_TARGETS: readonly FuzzTarget[] = [
  target(
    'files of a database',
    fc.tuple(fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 4 }), fc.nat()),
    async ([flips, cut]) => {
      const bytes = Buffer.from(await database())
      for (const [at, byte] of flips) bytes[at % 320] = byte
      await inDirectory((directory) => {
        const path = join(directory, 'a.mdb')
        writeFileSync(path, cut % 2 === 0 ? bytes : bytes.subarray(0, cut % bytes.length))
        try {
          assertLmdbFile(path)
        } catch (error) {
          ensure(error instanceof Error && error.message.includes(path), 'says which file')
        }
      })
    },
    100,
  ),
  target(
    'the mark of a directory',
    fc.oneof(fc.json(), fc.string()),
    async (text) =>
      inDirectory((directory) => {
        const before = process.env['TMPDIR']
        process.env['TMPDIR'] = directory
        try {
          createMarker('/data', 'http://a', clock).touch()
          const [name = ''] = filesBelow(directory)
          writeFileSync(name, text)
          ensure(
            typeof createMarker('/data', 'http://a', clock).isRecent(60_000) === 'boolean',
            'an answer',
          )
        } finally {
          if (before === undefined) delete process.env['TMPDIR']
          else process.env['TMPDIR'] = before
        }
      }),
    100,
  ),
  target(
    'records of the ledger',
    fc.array(records, { maxLength: 4 }),
    async (given) =>
      inDirectory(async (directory) => {
        const path = join(directory, 'ledger.mdb')
        const db = open<unknown, string[]>({ path })
        await db.put(['meta', 'format'], { format: 1 })
        for (const { kind, name, value } of given) await db.put([kind, name], value)
        await db.close()
        const journal = openLmdbJournal(path)
        try {
          const ledger = createLedger({ ...LEDGER, journal })
          const { window } = ledger.usage()
          ensure(window.held >= 0 && window.held <= window.max, 'a window')
          await ledger.close()
        } finally {
          await journal.close()
        }
      }),
    200,
  ),
  target(
    'records of the cache',
    fc.anything({ withBigInt: false, withDate: false, maxDepth: 2 }),
    async (value) =>
      inDirectory(async (directory) => {
        const path = join(directory, 'cache.mdb')
        const options = { path, origin: 'o', maxBytes: 10_000, maxEntryBytes: 1_000 }
        const errors: unknown[] = []
        const disk = openDisk({ ...options, onError: (error) => errors.push(error) })
        await disk.close()
        const root = open<unknown, string>({ path, maxDbs: 8 })
        for (const name of ['fence', 'writes', 'order']) {
          const db = root.openDB<unknown, string | number>({ name })
          await db.put(name === 'fence' ? 'account:a' : 1, value)
        }
        await root.close()
        const again = openDisk({ ...options, onError: (error) => errors.push(error) })
        ensure((await again.store.get('a')) === undefined, 'nothing to find')
        await again.close()
      }),
    200,
  ),
]

const LEDGER = {
  clock,
  newDisk: 'idle',
  sendWithinMs: 5_000,
  window: { max: 10, windowMs: 60_000, marginMs: 100, lostMarginMs: 2_000 },
  day: { maxOf: () => 100, maxWhileUnknown: 100, skewGuardMs: 5_000, flightGuardMs: 5_000 },
} as const
