/**
 * The port of what keeps answers. A store knows neither freshness nor generations: it keeps what it is
 * given as long as it has room, and the lookup judges what comes out.
 */

import type { StoredResponse } from './entry.js'
import type { ResourceName } from '../resources/resource-name.js'

/** Which entries to purge: those that agree with every field given; all of them if none is. */
export interface PurgeSelection {
  readonly account?: string
  readonly resource?: ResourceName
  /** The normalised path, for every query and format of it. */
  readonly path?: string
  /** Make them stale instead of dropping them. By default false. */
  readonly soft?: boolean
}

export interface StoreUsage {
  readonly entries: number
  readonly bytes: number
}

/** Methods reject when the store itself fails; to the caller that is a miss and a line in the log. */
export interface ResponseStore {
  /**
   * Of several places the first that has one which is accepted; by default the first that has one. What
   * it gives may still be one that is not.
   */
  get(
    key: string,
    accepts?: (entry: StoredResponse) => boolean,
  ): Promise<StoredResponse | undefined>
  /**
   * What `get` would find without having to wait; undefined says only that there is no such thing, so
   * also where a store has nothing in memory.
   */
  readonly getNow?: (key: string) => StoredResponse | undefined
  /**
   * Keeps the entry in place of the one before and resolves to true; or, when it is too large, resolves
   * to false and keeps neither.
   */
  set(key: string, entry: StoredResponse): Promise<boolean>
  /** Resolves to whether there was one. */
  delete(key: string): Promise<boolean>
  /** Resolves to how many entries it met. */
  purge(selection: PurgeSelection): Promise<number>
  usage(): StoreUsage
  /** Afterwards it keeps and gives nothing; what a disk holds stays there for the next process. */
  close(): Promise<void>
}

export function isSelected(
  entry: Pick<StoredResponse, 'account' | 'resource' | 'path'>,
  selection: PurgeSelection,
): boolean {
  const { account, resource, path } = selection
  return (
    (account === undefined || entry.account === account) &&
    (resource === undefined || entry.resource === resource) &&
    (path === undefined || entry.path === path)
  )
}
