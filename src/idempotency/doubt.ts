/**
 * Until when nobody can say which keys were used. A file that could not be read was moved aside; what it
 * knew is lost, so a key that is not known now may be the repeat of one that was.
 */

import { readdirSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { KEY_TTL_MS } from '../server/ports/key-records.js'

/** As data-dir.ts writes it: an ISO date without colons. */
const WHEN = /\.damaged-(\d{4}-\d{2}-\d{2}T\d{2})(\d{2})(\d{2}\.\d{3}Z)$/

/**
 * Epoch milliseconds; 0 where nothing was lost. `path` is where the file stood. It is the moved file that
 * tells, so a restart changes nothing, and a person who deletes it takes the risk.
 */
export function inDoubtUntilMs(path: string): number {
  const names = readdirSync(dirname(path)).filter((name) => name.startsWith(basename(path)))
  const times = names.map((name) => {
    const [, hours, minutes, seconds] = WHEN.exec(name) ?? []
    return Date.parse(`${hours}:${minutes}:${seconds}`) + KEY_TTL_MS
  })
  return Math.max(0, ...times.filter(Number.isFinite))
}
