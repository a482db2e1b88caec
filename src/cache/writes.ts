/** Writes and what they outdate: the fence, with its disk in step. */

import type { DiskFence } from './disk-fence.js'
import { createFence, type Fence } from './fence.js'
import type { TouchScope } from './touch.js'

export interface Writes {
  readonly fence: Fence
  /**
   * A write is about to be sent: what it touches is outdated now, and on disk before this resolves.
   * Rejects when it could not be written; then the write must not leave.
   */
  begin(account: string, scope: TouchScope): Promise<OpenWrite>
}

export interface OpenWrite {
  /**
   * The write has ended, however it ended, and its answer has not been passed on yet: what was read
   * meanwhile is outdated as well. The second call does nothing.
   */
  end(): void
}

/** Without a disk everything is gone after a crash, the answers as well as the counters. */
export function createWrites(disk?: DiskFence): Writes {
  const loaded = disk?.load()
  const fence = createFence({
    ...(loaded !== undefined && { restored: loaded.snapshot }),
    ...(disk !== undefined && { onBump: (bumped, head) => disk.save(bumped, head) }),
  })
  let lastId = 0
  for (const { id, account, scope } of loaded?.unfinished ?? []) {
    // The counter and the end of the write go to the disk together, so neither can be lost alone.
    fence.bump(account, scope)
    disk?.end(id)
    lastId = Math.max(lastId, id)
  }

  return {
    fence,
    async begin(account, scope) {
      const id = ++lastId
      fence.bump(account, scope)
      let isOpen = true
      const end = (): void => {
        if (!isOpen) return
        isOpen = false
        fence.bump(account, scope)
        disk?.end(id)
      }
      try {
        await disk?.begin(id, { account, scope })
      } catch (error) {
        end()
        throw error
      }
      return { end }
    },
  }
}
