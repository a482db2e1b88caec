// A disk as a crash finds it: what was written lies in a queue for a while, in order, and a crash keeps
// a beginning of the queue and drops the rest.

import type {
  AccountGenerations,
  GenerationsSnapshot,
  ResponseStore,
  StoredResponse,
} from '../../src/cache/index.js'
import { isSelected } from '../../src/cache/index.js'
import type { DiskGenerations } from '../../src/cache/invalidation/disk-generations.js'
import { asStale } from '../../src/cache/stores/entry.js'

type OpenWrite = Parameters<DiskGenerations['begin']>[1]

/** All that is done in one turn: on disk together or not at all. */
interface Batch {
  readonly apply: () => void
  readonly done: () => void
  readonly lost: () => void
}

/** What was under way in a process that is no more. */
export class Crashed extends Error {}

export interface MountingProcess {
  readonly isAlive: boolean
  readonly pause: (what: string) => Promise<void>
}

export interface VolatileDisk {
  /** For one process, whose pauses throw once it is dead. */
  mount(process: MountingProcess): { store: ResponseStore; generations: DiskGenerations }
  /** `keep` of those waiting reach the disk. */
  crash(keep: number): void
  readonly waiting: number
  /** Writes that a process that started now would find unfinished. */
  readonly unfinished: number
}

export function createVolatileDisk(): VolatileDisk {
  const entries = new Map<string, StoredResponse>()
  const counters = new Map<string, AccountGenerations>()
  const writes = new Map<number, OpenWrite>()
  let head: Omit<GenerationsSnapshot, 'accounts'> = { latest: 0, floor: 0 }
  let queue: Batch[] = []

  const ignore = (): void => {}

  function mount(process: MountingProcess): { store: ResponseStore; generations: DiskGenerations } {
    let isFlushing = false
    const write = <T>(apply: () => T): Promise<T> =>
      new Promise((resolve, reject) => {
        if (!process.isAlive) throw new Crashed()
        let result: T
        queue.push({
          apply: () => (result = apply()),
          done: () => resolve(result),
          lost: () => reject(new Crashed()),
        })
        if (isFlushing) return
        isFlushing = true
        process.pause('flush').then(() => {
          isFlushing = false
          const batches = queue
          queue = []
          for (const { apply, done } of batches) {
            apply()
            done()
          }
        }, ignore)
      })

    // A bump is written with the begin or the end that it belongs to.
    let saved: (() => void)[] = []
    const withSaved = (apply: () => void): Promise<void> => {
      const saves = saved
      saved = []
      return write(() => {
        for (const save of saves) save()
        apply()
      })
    }
    const generations: DiskGenerations = {
      load: () => ({
        snapshot: { ...head, accounts: [...counters.values()] },
        unfinished: [...writes].map(([id, open]) => ({ id, ...open })),
      }),
      save(raised, newHead) {
        saved.push(() => {
          counters.set(raised.account, raised)
          head = newHead
        })
      },
      begin: (id, open) => withSaved(() => writes.set(id, open)),
      end(id) {
        withSaved(() => writes.delete(id)).catch(ignore)
        return undefined
      },
      close() {},
    }
    const store: ResponseStore = {
      async get(key) {
        const found = entries.get(key)
        await process.pause('disk read')
        return found
      },
      set: (key, entry) => write(() => entries.set(key, entry) === entries),
      delete: (key) => write(() => entries.delete(key)),
      purge: (selection) =>
        write(() => {
          const met = [...entries].filter(([, entry]) => isSelected(entry, selection))
          for (const [key, entry] of met) {
            if (selection.soft === true) entries.set(key, asStale(entry))
            else entries.delete(key)
          }
          return met.length
        }),
      usage: () => ({ entries: entries.size, bytes: 0 }),
      async close() {},
    }
    return { store, generations }
  }

  return {
    mount,
    crash(keep) {
      for (const { apply } of queue.slice(0, keep)) apply()
      for (const { lost } of queue) lost()
      queue = []
    },
    get waiting() {
      return queue.length
    },
    get unfinished() {
      return writes.size
    },
  }
}
