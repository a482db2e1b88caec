/** What the cache on disk is opened with, by its owner and its parts alike. */

export interface DiskOptions {
  /** The file; LMDB puts a `-lock` beside it. */
  readonly path: string
  /** Where the answers come from, such as the upstream's URL: entries of another origin are dropped. */
  readonly origin: string
  /** All entries together, bytes as `sizeBytes` counts them; the file needs about half as much more. */
  readonly maxBytes: number
  /** One entry, bytes. */
  readonly maxEntryBytes: number
  /** Called when a write in the background fails. */
  readonly onError: (error: unknown) => void
  /** Other processes answer from the file too, see disk-reader.ts. By default none does. */
  readonly readers?: {
    /** A change could not be written where they read it. Resolves when none of them answers any more. */
    readonly lost: () => Promise<void>
  }
}

/** Databases in the file; its readers open it with the same number. */
export const MAX_DBS = 8
