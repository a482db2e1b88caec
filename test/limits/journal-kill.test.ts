import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import t from 'tap'
import { openJournalFile } from '../../src/limits/index.js'
import { moduleAt } from '../project.js'

const ROUNDS = 50

/** Takes a permit for each line, says so once the ledger said yes, and does nothing else then. */
const SOURCE = `
  const { createLedger, openJournalFile, marginFor, NO_SHARES } = await import(process.argv[1])
  const { readSync } = await import('node:fs')
  const ledger = createLedger({
    clock: { bootId: 'b', monotonicMs: () => performance.now(), wallMs: () => 1773144000000 },
    journal: openJournalFile(process.argv[2]),
    newDisk: 'idle',
    window: { max: 1000, windowMs: 60000, marginMs: marginFor(60000), lostMarginMs: 2000 },
    day: {
      planOf: () => ({ max: 100000, maxWhileUnknown: 6000, shares: NO_SHARES }),
      skewGuardMs: 5000,
      flightGuardMs: 35000,
    },
  })
  for (let i = 0; ; i++) {
    const { permit } = await ledger.take({ account: 'account-' + i, chargesDay: true })
    process.stdout.write(permit.slot + '\\n')
    // Blocks: whatever would be written later must not be what saved it.
    for (const seen = Buffer.alloc(1); ; ) {
      try {
        if (readSync(0, seen) === 1) break
      } catch {}
    }
  }`

t.test(
  `${ROUNDS} permits: each is on the disk when it is given, and survives kill -9`,
  async (t) => {
    const path = join(t.testdir({}), 'ledger.slots')
    const index = moduleAt('../../src/limits/index', import.meta).href
    const child = spawn(
      process.execPath,
      [...process.execArgv, '--input-type=module', '-e', SOURCE, index, path],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    )
    const exit = new Promise((resolve) => child.once('exit', (...how) => resolve(how[1])))
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const seen: string[] = []
    const expected: string[] = []
    const look = (slot: number, round: number): string => {
      const contents = journal.load()
      const day = contents?.days.find(({ account }) => account === `account-${round}`)
      return `${slot} ${contents?.slots.get(slot)?.account} ${day?.taken}`
    }
    let journal = openJournalFile(path)
    await journal.close()
    for (let round = 0; round < ROUNDS; round++) {
      const slot = Number((await lines.next()).value)
      // Opened anew: no snapshot of an earlier look is read.
      journal = openJournalFile(path)
      expected.push(`${slot} account-${round} 1`)
      seen.push(look(slot, round))
      await journal.close()
      if (round < ROUNDS - 1) child.stdin.write('.')
    }
    child.kill('SIGKILL')
    t.equal(await exit, 'SIGKILL')
    t.same(seen, expected)
    await journal.close()
    journal = openJournalFile(path)
    t.same(
      expected.map((_, round) => look(round, round)),
      expected,
      'and after the kill',
    )
    await journal.close()
  },
)
