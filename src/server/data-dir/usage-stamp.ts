/**
 * A lost data directory looks like a new one, but the upstream has not forgotten. A small file
 * outside of it, named for directory and upstream, says when requests last left from there.
 */

import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../../limits/index.js'

interface Mark {
  readonly bootId: string | null
  readonly monotonicMs: number
  readonly wallMs: number
}

export interface Marker {
  /** Was it in use within this time? */
  isRecent(withinMs: number): boolean
  /** In use now. Failing to write is no reason to stop: the directory itself is the first record. */
  touch(): void
}

export function createMarker(dataDir: string, upstreamUrl: string, clock: Clock): Marker {
  const name = createHash('sha256')
    .update(JSON.stringify([dataDir, upstreamUrl]))
    .digest('hex')
  const directory = ownTemporaryDirectory()
  const file = join(directory, name.slice(0, 16))
  return {
    isRecent(withinMs) {
      try {
        if (!isOwn(directory)) return false
        const mark = JSON.parse(readFileSync(file, 'utf8')) as Mark
        const isThisBoot = mark.bootId !== null && mark.bootId === clock.bootId
        const agoMs = isThisBoot
          ? clock.monotonicMs() - mark.monotonicMs
          : clock.wallMs() - mark.wallMs
        return agoMs < withinMs
      } catch {
        return false
      }
    },
    touch() {
      const mark: Mark = {
        bootId: clock.bootId,
        monotonicMs: clock.monotonicMs(),
        wallMs: clock.wallMs(),
      }
      try {
        mkdirSync(directory, { recursive: true, mode: 0o700 })
        if (isOwn(directory)) writeFileSync(file, JSON.stringify(mark), { mode: 0o600 })
      } catch {
        // A read-only system without a writable temporary directory has no marker.
      }
    },
  }
}

/** A directory below that for temporary files, for this user alone once it `isOwn`. */
export const ownTemporaryDirectory = (): string =>
  join(tmpdir(), `intervals-proxy-${process.getuid?.() ?? 'user'}`)

/**
 * The directory for temporary files is everybody's: somebody else could have made this one, with a
 * link in it to a file of ours.
 */
export function isOwn(directory: string): boolean {
  const { uid, mode } = lstatSync(directory)
  const self = process.getuid?.()
  return self === undefined || (uid === self && (mode & 0o170_022) === 0o040_000)
}
