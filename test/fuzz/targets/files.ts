/** What stands on the disk may have been damaged by it. Dear, so they get few of the inputs. */

import fc from 'fast-check'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open } from 'lmdb'
import { createWrites, openDisk } from '../../../src/cache/index.js'
import { createLedger, NO_SHARES, openJournalFile } from '../../../src/limits/index.js'
import { assertLmdbFile } from '../../../src/storage/lmdb-file.js'
import { createUsageStamp } from '../../../src/server/data-dir/usage-stamp.js'
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

const anything = fc.anything({ withBigInt: false, withDate: false, maxDepth: 2 })

/** Now and then a member is something else. */
const bent = (members: Readonly<Record<string, unknown>>): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 1, arbitrary: anything },
    {
      weight: 6,
      arbitrary: fc
        .tuple(
          fc.nat(),
          fc.oneof(anything, fc.double(), fc.integer(), fc.constant(2 ** 52)),
          fc.nat(),
        )
        .map(([at, other, dice]) => {
          const name = Object.keys(members)[at % Object.keys(members).length] ?? ''
          return dice % 2 === 0 ? members : { ...members, [name]: other }
        }),
    },
  )

let ledgerSample: Buffer | undefined

/** The file of a ledger that has given two permits, made once. */
async function ledgerFile(): Promise<Buffer> {
  ledgerSample ??= await inDirectory(async (directory) => {
    const path = join(directory, 'ledger.slots')
    const ledger = createLedger({ ...LEDGER, journal: openJournalFile(path) })
    for (const account of ['a', 'b']) await ledger.take({ account, chargesDay: true })
    await ledger.close()
    return readFileSync(path)
  })
  return ledgerSample
}
const generationsRecords = fc.record({
  head: bent({ latest: 5, floor: 0 }),
  account: bent({ account: 'a', floor: 1, resources: { task: 3 } }),
  write: bent({ account: 'a', scope: { kind: 'resources', names: ['task'] } }),
})

/** Undefined if it was refused as damaged: then it is set aside, see data-dir.ts. */
function unlessDamaged<T>(open: () => T): T | undefined {
  try {
    return open()
  } catch (error) {
    ensure(error instanceof Error && error.message.includes('damaged'), `said: ${String(error)}`)
    return undefined
  }
}

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
          createUsageStamp('/data', 'http://a', clock).touch()
          const [name = ''] = filesBelow(directory)
          writeFileSync(name, text)
          ensure(
            typeof createUsageStamp('/data', 'http://a', clock).isRecent(60_000) === 'boolean',
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
    'the file of the ledger',
    fc.tuple(fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 4 }), fc.nat()),
    async ([flips, cut]) => {
      const whole = await ledgerFile()
      const bytes = Buffer.from(cut % 2 === 0 ? whole : whole.subarray(0, cut % whole.length))
      for (const [at, byte] of flips) bytes[at % Math.max(1, bytes.length)] = byte
      await inDirectory(async (directory) => {
        const path = join(directory, 'ledger.slots')
        writeFileSync(path, bytes)
        const journal = unlessDamaged(() => openJournalFile(path))
        if (journal === undefined) return
        const ledger = createLedger({ ...LEDGER, journal })
        const { window, quarantineMs } = ledger.usage()
        const isAsItWas = bytes.equals(whole)
        ensure(window.inFlight === 0, 'a window')
        ensure(isAsItWas || bytes.length === 0 || quarantineMs !== undefined, 'noticed the damage')
        await ledger.close()
      })
    },
    200,
  ),
  target(
    'records of the fence',
    generationsRecords,
    async ({ head, account, write }) =>
      inDirectory(async (directory) => {
        const options = {
          path: join(directory, 'cache.mdb'),
          origin: 'o',
          maxBytes: 10_000,
          maxEntryBytes: 1_000,
          onError: () => {},
        }
        await openDisk(options).close()
        const root = open<unknown, string>({ path: options.path, maxDbs: 8 })
        const generations = root.openDB<unknown, string>({ name: 'fence' })
        await generations.put('head', head)
        await generations.put('account:a', account)
        await root.openDB<unknown, number>({ name: 'writes' }).put(1, write)
        await root.close()
        const disk = unlessDamaged(() => openDisk(options))
        if (disk === undefined) return
        const writes = createWrites(disk.generations)
        const { end } = await writes.begin('a', { kind: 'account' })
        end(true)
        await disk.close()
      }),
    200,
  ),
]

const LEDGER = {
  clock,
  newDisk: 'idle',
  sendWithinMs: 5_000,
  window: { max: 10, windowMs: 60_000, marginMs: 100, lostMarginMs: 2_000 },
  day: {
    planOf: () => ({ max: 100, maxWhileUnknown: 100, shares: NO_SHARES }),
    skewGuardMs: 5_000,
    flightGuardMs: 5_000,
  },
} as const
