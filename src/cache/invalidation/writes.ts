/** Writes in flight and what they invalidate: the generations, saved to disk in step. */

import type { DiskGenerations } from './disk-generations.js'
import { createGenerations, type Generations } from './generations.js'
import type { InvalidationScope } from './invalidation-scope.js'
import { createSettling, type SettleOptions, type Settling } from './settling.js'

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
  settleOptions?: SettleOptions,
): Writes & { readonly generations: Generations; close(): void } {
  const loaded = disk?.load()
  const generations = createGenerations({
    ...(loaded !== undefined && { restored: loaded.snapshot }),
    ...(disk !== undefined && { onInvalidate: (raised, head) => disk.save(raised, head) }),
  })
  const settling =
    settleOptions === undefined || settleOptions.settleMs === 0
      ? undefined
      : createSettling(settleOptions)
  const unfinished = loaded?.unfinished ?? []
  let lastId = unfinished.reduce((last, { id }) => Math.max(last, id), 0)
  for (const { id, account, scope } of unfinished) {
    void finish(id, account, { scope, mayHaveChanged: true })
  }

  /** The counter and the end of the write are saved together, so neither can be lost alone. */
  async function finish(
    id: number,
    account: string,
    { scope, mayHaveChanged }: { scope: InvalidationScope; mayHaveChanged: boolean },
  ): Promise<void> {
    if (mayHaveChanged) {
      if (settling !== undefined) settle(settling, account, scope)
      generations.invalidate(account, scope)
    }
    await disk?.end(id)
  }

  /** Noted as a write of its own, which a crash leaves unfinished. */
  function settle(pending: Settling, account: string, scope: InvalidationScope): void {
    const id = ++lastId
    disk?.begin(id, { account, scope }).catch(() => {})
    pending.add(() => {
      generations.invalidate(account, scope)
      void disk?.end(id)
    })
  }

  return {
    generations: {
      ...generations,
      generation(account, resource) {
        settling?.catchUp()
        return generations.generation(account, resource)
      },
      isCurrent(account, resource, seen) {
        settling?.catchUp()
        return generations.isCurrent(account, resource, seen)
      },
    },
    close: () => settling?.close(),
    caughtUp: () => undefined,
    async begin(account, scope) {
      const id = ++lastId
      let ended: Promise<void> | undefined
      const end = (mayHaveChanged: boolean): Promise<void> =>
        (ended ??= finish(id, account, { scope, mayHaveChanged }))
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
