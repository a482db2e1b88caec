/**
 * One process per data directory: two ledgers over one file would each spend the whole window. The
 * owner stands in a small LMDB file, because its write transactions exclude each other between
 * processes; and it is checked to be alive, because a crash removes nothing.
 */

import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { open } from 'lmdb'
import type { Clock } from '../../limits/index.js'
import { assertLmdbFile } from '../../storage/lmdb-file.js'
import { StartRefusedError } from '../start-refused.js'

export interface Claim {
  release(): Promise<void>
}

interface Owner {
  readonly pid: number
  /** Start time of the process in the kernel's ticks: a pid is used again, this pair is not. */
  readonly startTicks: string | null
  /** Pids mean something only within it: two containers can both be number 1. */
  readonly pidNamespace: string | null
  readonly bootId: string | null
  readonly host: string
  readonly beatMs: number
}

const BEAT_EVERY_MS = 2_000
/** An owner whose pid we cannot look up is gone after this long without a sign. */
const BEAT_LOST_MS = 10_000
const WAIT_FOR_LOST_MS = 15_000
const KEY = 'owner'

export async function lockDirectory(path: string, clock: Clock): Promise<Claim> {
  const file = join(path, 'owner.mdb')
  try {
    assertLmdbFile(file)
  } catch (error) {
    throw new StartRefusedError(
      `${file} is damaged, so it does not say whether another proxy uses the directory: if none does, delete that file`,
      { cause: error },
    )
  }
  const db = open<Owner, string>({ path: file, cache: false })
  const self = (): Owner => ({
    pid: process.pid,
    startTicks: startTicksOf(process.pid),
    pidNamespace: pidNamespace(),
    bootId: clock.bootId,
    host: hostname(),
    beatMs: clock.monotonicMs(),
  })
  const tryClaim = (): Owner | undefined =>
    db.transactionSync(() => {
      const owner = db.get(KEY)
      if (owner !== undefined && isAlive(owner, self())) return owner
      void db.put(KEY, self())
      return undefined
    })

  const giveUpAtMs = clock.monotonicMs() + WAIT_FOR_LOST_MS
  for (;;) {
    const owner = tryClaim()
    if (owner === undefined) break
    const mayBeGone = owner.pidNamespace !== pidNamespace() && clock.monotonicMs() < giveUpAtMs
    if (!mayBeGone) {
      await db.close()
      throw new StartRefusedError(
        `the data directory ${path} is in use by process ${owner.pid} on ${owner.host}: stop that one, or give this one a directory of its own with --data-dir`,
      )
    }
    await wait(500)
  }

  const beat = setInterval(() => void db.put(KEY, self()), BEAT_EVERY_MS)
  beat.unref()
  return {
    async release() {
      clearInterval(beat)
      await db.remove(KEY)
      await db.close()
    },
  }
}

function isAlive(owner: Owner, self: Owner): boolean {
  if (owner.bootId !== self.bootId) return false
  if (owner.pidNamespace !== self.pidNamespace) {
    return self.beatMs - owner.beatMs < BEAT_LOST_MS
  }
  if (owner.pid === self.pid) return owner.startTicks === self.startTicks
  try {
    process.kill(owner.pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  return owner.startTicks === startTicksOf(owner.pid)
}

function startTicksOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name in parentheses may hold anything; the fields after it are numbers.
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // A zombie has ended; it only waits for a parent that may never ask.
    return state === 'Z' || state === 'X' ? null : (fields[18] ?? null)
  } catch {
    return null
  }
}

function pidNamespace(): string | null {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return null
  }
}
