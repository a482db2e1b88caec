/** Writes and what they outdate: the fence, with its disk in step. */

import type { DiskFence } from './disk-generations.js'
import { createFence, type Fence } from './generations.js'
import type { TouchScope } from './invalidation-scope.js'

export interface Writes {
  readonly fence: Pick<Fence, 'generation' | 'isCurrent'>
  /**
   * Resolves when every write that anybody acknowledged before this call is in the fence. Undefined: it
   * is already, as always where one process does everything. Never rejects: where nobody can be asked,
   * hits go on with what is known.
   */
  caughtUp(account: string): Promise<void> | undefined
  /**
   * A write is about to be sent: what it touches is outdated now, and on disk before this resolves.
   * Rejects when it could not be written; then the write must not leave.
   */
  begin(account: string, scope: TouchScope): Promise<OpenWrite>
}

export interface OpenWrite {
  /**
   * The write has ended, however it ended, and its answer has not been passed on yet: what was read
   * meanwhile is outdated as well. Resolves when everybody knows; only then may the answer be passed on.
   * Never rejects. A further call gives the same promise.
   */
  end(): Promise<void>
}

/** Without a disk everything is gone after a crash, the answers as well as the counters. */
export function createWrites(disk?: DiskFence): Writes & { readonly fence: Fence } {
  const loaded = disk?.load()
  const fence = createFence({
    ...(loaded !== undefined && { restored: loaded.snapshot }),
    ...(disk !== undefined && { onBump: (bumped, head) => disk.save(bumped, head) }),
  })
  let lastId = 0
  for (const { id, account, scope } of loaded?.unfinished ?? []) {
    // The counter and the end of the write go to the disk together, so neither can be lost alone.
    fence.bump(account, scope)
    void disk?.end(id)
    lastId = Math.max(lastId, id)
  }

  return {
    fence,
    caughtUp: () => undefined,
    async begin(account, scope) {
      const id = ++lastId
      fence.bump(account, scope)
      let ended: Promise<void> | undefined
      const end = (): Promise<void> => (ended ??= finish())
      async function finish(): Promise<void> {
        fence.bump(account, scope)
        const seen = disk?.end(id)
        if (seen !== undefined) await seen
      }
      try {
        await disk?.begin(id, { account, scope })
      } catch (error) {
        void end()
        throw error
      }
      return { end }
    },
  }
}
