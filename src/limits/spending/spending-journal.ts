/** Where the spending book is kept, and where budget events are remembered. */

/** Calls of one consumer for one resource in one UTC hour. */
export interface SpendingRecord {
  /** Hours since the epoch, UTC. */
  readonly hour: number
  readonly account: string
  readonly consumer: string
  readonly resource: string
  readonly calls: number
}

/** What was said already, so that it is said once a day also across restarts. */
export interface NoticeRecord {
  /** YYYY-MM-DD, UTC. */
  readonly day: string
  /** What it was said of: an account or a consumer's share, as one text. */
  readonly subject: string
  /** The highest threshold, 0 to 1. */
  readonly threshold: number
}

/**
 * Storage port of the spending book. Records given to one call of `put` become durable together or
 * not at all. Bounded by who writes: see spending-book.ts.
 */
export interface SpendingJournal {
  /** Records of the hours from `fromHour` up to and without `toHour`, in the order of the hours. */
  read(fromHour: number, toHour: number): Iterable<SpendingRecord>
  /** Counts replace those that were there. */
  put(records: readonly SpendingRecord[]): Promise<void>
  /** Forgets the hours before this one, and the notices of days that ended before it. */
  removeBefore(hour: number): Promise<void>
  notices(): Iterable<NoticeRecord>
  putNotice(record: NoticeRecord): Promise<void>
  close(): Promise<void>
}

export const HOUR_MS = 3_600_000

export const hourOf = (wallMs: number): number => Math.floor(wallMs / HOUR_MS)

/** The UTC day that an hour belongs to. */
export const dayOfHour = (hour: number): string =>
  new Date(hour * HOUR_MS).toISOString().slice(0, 10)
