/** What the page calls things. */

import type { Way } from '../../report/traffic.js'

export const WAY_MEANINGS: Readonly<Record<Way, string>> = {
  hit: 'fresh, from the cache: no call',
  stale: 'stored and stale: served at once, at most one refresh behind',
  joined: 'shared the call of an equal request',
  fetched: 'a miss: one call, and the answer may be stored',
  passed: 'a read that never goes through the cache: one call',
  write: 'a write: one call',
  refused: 'refused by this proxy: no call',
  failed: 'Intervals failed, or could not be reached',
}

export const LEVEL_MARKS = { good: '✓', info: '·', warn: '!', bad: '✕' } as const
