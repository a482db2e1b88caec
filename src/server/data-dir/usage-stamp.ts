/**
 * A lost data directory looks like a new one, but the upstream still counts its requests. A small file in
 * the temporary directory, named after the data directory and the upstream, says when requests were last
 * sent.
 */

import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../../limits/index.js'

interface Stamp {
  readonly bootId: string | null
  readonly monotonicMs: number
  readonly wallMs: number
}

export interface UsageStamp {
  /** Whether requests were sent within this time. */
  isRecent(withinMs: number): boolean
  /** A request is about to be sent. A failing write is ignored: the data directory is the first record. */
  touch(): void
}

export function createUsageStamp(dataDir: string, upstreamUrl: string, clock: Clock): UsageStamp {
  const name = createHash('sha256')
    .update(JSON.stringify([dataDir, upstreamUrl]))
    .digest('hex')
  const directory = ownTemporaryDirectory()
  const file = join(directory, name.slice(0, 16))
  return {
    isRecent(withinMs) {
      try {
        if (!isOwn(directory)) return false
        const stamp = JSON.parse(readFileSync(file, 'utf8')) as Stamp
        const isThisBoot = stamp.bootId !== null && stamp.bootId === clock.bootId
        const agoMs = isThisBoot
          ? clock.monotonicMs() - stamp.monotonicMs
          : clock.wallMs() - stamp.wallMs
        return agoMs < withinMs
      } catch {
        return false
      }
    },
    touch() {
      const stamp: Stamp = {
        bootId: clock.bootId,
        monotonicMs: clock.monotonicMs(),
        wallMs: clock.wallMs(),
      }
      try {
        mkdirSync(directory, { recursive: true, mode: 0o700 })
        if (isOwn(directory)) writeFileSync(file, JSON.stringify(stamp), { mode: 0o600 })
      } catch {
        // Without a writable temporary directory there is no stamp.
      }
    },
  }
}

/** A directory below that for temporary files, for this user alone once it `isOwn`. */
export const ownTemporaryDirectory = (): string =>
  join(tmpdir(), `intervals-proxy-${process.getuid?.() ?? 'user'}`)

/**
 * Any user may write to the directory for temporary files, so another user could have made this one, with
 * a link in it to one of our files.
 */
export function isOwn(directory: string): boolean {
  const { uid, mode } = lstatSync(directory)
  const self = process.getuid?.()
  return self === undefined || (uid === self && (mode & 0o170_022) === 0o040_000)
}
