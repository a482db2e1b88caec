/**
 * One process per data directory: two ledgers over one file would each spend the whole window. On one
 * machine, the write transactions of a small LMDB file exclude each other. Because a crash removes nothing,
 * the holder in that file counts only while it is alive: as a process of this machine, or by its heartbeat
 * where the process cannot be looked up, as in another container or on another machine.
 */

import { readFileSync, readlinkSync, rmSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { open } from 'lmdb'
import type { Clock } from '../../limits/index.js'
import { assertLmdbFile } from '../../storage/lmdb-file.js'
import { StartRefusedError } from '../start-refused.js'
import { isSameProcess, readHolder, writeHolder, writeHolderSync } from './heartbeat.js'
import type { Holder } from './heartbeat.js'

export interface DirectoryLock {
  /**
   * False: another process has taken the directory, because this one was stopped or asleep for too long.
   * Nothing may be sent any more. Reads the file only after a gap.
   */
  isHeld(): boolean
  release(): Promise<void>
}

export interface LockOptions {
  readonly clock: Clock
  /** Called with the reason for a wait of more than a moment. */
  readonly onWait?: (text: string) => void
  /** Called once, when another process has taken the directory. */
  readonly onLost?: () => void
  /** How long the beats of another machine are watched, milliseconds. By default 75,000. */
  readonly watchOtherHostMs?: number
}

const BEAT_EVERY_MS = 2_000
/** After so long without a beat, on any clock, the file is read before the next request is sent. */
const GAP_MS = 5_000
/** In another pid namespace of this machine, a holder is gone after this long without a beat. */
const BEAT_LOST_MS = 10_000
/** The same where beats have to be seen to change: under the name of this machine, before its last boot. */
const WATCH_OWN_HOST_MS = 3 * BEAT_EVERY_MS
/** On another machine; attributes of files on NFS may be a minute old. */
const WATCH_OTHER_HOST_MS = 75_000
const WAIT_FOR_LOST_MS = 15_000
const LOOK_EVERY_MS = 500
const KEY = 'owner'

/** @throws StartRefusedError while another process holds the directory */
export async function lockDirectory(path: string, options: LockOptions): Promise<DirectoryLock> {
  const { clock, onWait, onLost, watchOtherHostMs = WATCH_OTHER_HOST_MS } = options
  const host = hostname()
  const beatFile = join(path, 'owner.json')
  const self = (): Holder => ({
    host,
    pid: process.pid,
    startTicks: startTicksOf(process.pid),
    pidNamespace: pidNamespace(),
    bootId: clock.bootId,
    beatMs: clock.monotonicMs(),
  })
  const refuse = ({ pid, host: of }: Holder): StartRefusedError =>
    new StartRefusedError(
      `the data directory ${path} is in use by process ${pid} on ${of}: stop that one, or give this one a directory of its own with --data-dir`,
    )

  const last = readHolder(beatFile)
  // Without the number of the boot, the name is all that tells machines apart.
  const isElsewhere = (one: Holder): boolean =>
    one.bootId !== clock.bootId || (clock.bootId === null && one.host !== host)
  if (last !== undefined && isElsewhere(last)) {
    const watchMs = last.host === host ? WATCH_OWN_HOST_MS : watchOtherHostMs
    if (last.host !== host) {
      onWait?.(
        `the data directory ${path} was last used by process ${last.pid} on ${last.host}, which did not release it: waiting up to ${watchMs / 1_000} s to see whether it is still running there`,
      )
    }
    if (await beatsWithin(beatFile, { last, watchMs, clock })) throw refuse(last)
  }

  const db = openLockFile(join(path, 'owner.mdb'))
  const tryClaim = (): Holder | undefined =>
    db.transactionSync(() => {
      const holder = db.get(KEY)
      // Beats are in the other file.
      const beat = holder && readHolder(beatFile)
      const current = holder && beat && isSameProcess(holder, beat) ? beat : holder
      if (current !== undefined && isAlive(current, self())) return current
      db.putSync(KEY, self())
      writeHolderSync(beatFile, self())
      return undefined
    })
  const giveUpAtMs = clock.monotonicMs() + WAIT_FOR_LOST_MS
  for (;;) {
    const holder = tryClaim()
    if (holder === undefined) break
    const mayBeGone = holder.pidNamespace !== pidNamespace() && clock.monotonicMs() < giveUpAtMs
    if (!mayBeGone) {
      await db.close()
      throw refuse(holder)
    }
    await wait(LOOK_EVERY_MS)
  }

  let isLost = false
  let seen = { monotonicMs: clock.monotonicMs(), wallMs: clock.wallMs() }

  /** Reads the file, which names the process that holds the directory now. */
  function look(): void {
    const holder = readHolder(beatFile)
    if (!isLost && holder !== undefined && !isSameProcess(holder, self())) {
      isLost = true
      onLost?.()
    }
    seen = { monotonicMs: clock.monotonicMs(), wallMs: clock.wallMs() }
  }

  const beat = setInterval(() => {
    look()
    // A beat that cannot be written is tried again: nothing else depends on it while this process is alive.
    if (!isLost) writeHolder(beatFile, self()).catch(() => {})
  }, BEAT_EVERY_MS)
  beat.unref()
  return {
    isHeld() {
      const gapMs = Math.max(
        clock.monotonicMs() - seen.monotonicMs,
        Math.abs(clock.wallMs() - seen.wallMs),
      )
      if (gapMs > GAP_MS) look()
      return !isLost
    },
    async release() {
      clearInterval(beat)
      try {
        if (!isLost) db.transactionSync(() => db.removeSync(KEY))
        if (!isLost) rmSync(beatFile, { force: true })
      } catch {
        // On a full disk both stay, and name a process that is gone.
      }
      await db.close()
    },
  }
}

function openLockFile(file: string) {
  try {
    assertLmdbFile(file)
  } catch (error) {
    throw new StartRefusedError(
      `${file} is damaged, so it does not say whether another proxy uses the directory: if none does, delete that file`,
      { cause: error },
    )
  }
  return open<Holder, string>({ path: file, cache: false })
}

/** Whether the holder in the file, which this machine cannot look up, is seen to be alive. */
async function beatsWithin(
  file: string,
  {
    last,
    watchMs,
    clock,
  }: { readonly last: Holder; readonly watchMs: number; readonly clock: Clock },
): Promise<boolean> {
  const untilMs = clock.monotonicMs() + watchMs
  while (clock.monotonicMs() < untilMs) {
    await wait(LOOK_EVERY_MS)
    const now = readHolder(file)
    if (now !== undefined && (now.beatMs !== last.beatMs || !isSameProcess(now, last))) return true
  }
  return false
}

function isAlive(holder: Holder, self: Holder): boolean {
  // Its beats were watched above.
  if (holder.bootId !== self.bootId) return false
  if (holder.pidNamespace !== self.pidNamespace) {
    return self.beatMs - holder.beatMs < BEAT_LOST_MS
  }
  if (holder.pid === self.pid) return holder.startTicks === self.startTicks
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  return holder.startTicks === startTicksOf(holder.pid)
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
