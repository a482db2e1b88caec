/** Writes in flight and what they invalidate: the generations, saved to disk in step. */

import type { DiskGenerations } from './disk-generations.js'
import { createGenerations, type Generations } from './generations.js'
import type { InvalidationScope } from './invalidation-scope.js'

export interface Writes {
  readonly generations: Pick<Generations, 'generation' | 'isCurrent'>
  /**
   * Resolves when the generations include every write acknowledged before this call. Undefined: they
   * do already, as always in a single process. Never rejects: when the other replicas cannot be
   * asked, hits continue with what is known.
   */
  caughtUp(account: string): Promise<void> | undefined
  /**
   * A write is about to be sent. Resolves when it is noted on disk. Rejects when it could not be noted;
   * then the write must not be sent. Answers fetched from now on count as older than its end.
   */
  begin(account: string, scope: InvalidationScope): Promise<OpenWrite>
}

export interface OpenWrite {
  /**
   * The write has ended: its scope is invalidated unless it certainly changed nothing. Resolves when all
   * readers know; only then may the end of its answer be passed on. Never rejects. A further call gives the
   * same promise.
   */
  end(mayHaveChanged: boolean): Promise<void>
}

/** Without a disk, a crash loses the entries together with the counters. */
export function createWrites(
  disk?: DiskGenerations,
): Writes & { readonly generations: Generations } {
  const loaded = disk?.load()
  const generations = createGenerations({
    ...(loaded !== undefined && { restored: loaded.snapshot }),
    ...(disk !== undefined && { onInvalidate: (raised, head) => disk.save(raised, head) }),
  })
  let lastId = 0
  for (const { id, account, scope } of loaded?.unfinished ?? []) {
    // The counter and the end of the write are saved together, so neither can be lost alone.
    generations.invalidate(account, scope)
    void disk?.end(id)
    lastId = Math.max(lastId, id)
  }

  return {
    generations,
    caughtUp: () => undefined,
    async begin(account, scope) {
      const id = ++lastId
      let ended: Promise<void> | undefined
      const end = (mayHaveChanged: boolean): Promise<void> => (ended ??= finish(mayHaveChanged))
      async function finish(mayHaveChanged: boolean): Promise<void> {
        if (mayHaveChanged) generations.invalidate(account, scope)
        const seen = disk?.end(id)
        if (seen !== undefined) await seen
      }
      try {
        await disk?.begin(id, { account, scope })
      } catch (error) {
        void end(false)
        throw error
      }
      return { end }
    },
  }
}
