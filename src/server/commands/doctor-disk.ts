/** Whether the proxy can keep its data where it is told to. */
import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { fail, ok, type Finding } from './finding.js'

const SUBJECT = 'data directory'

/** Check an absolute path; nothing is created. */
export function checkDataDirectory(dir: string): Finding {
  const existing = nearestExisting(dir)
  if (!statSync(existing).isDirectory()) {
    return fail(SUBJECT, `${existing} is a file: name a directory in store.dir`)
  }
  try {
    accessSync(existing, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch {
    return fail(
      SUBJECT,
      `${existing} may not be written by this user: change its owner, or name another directory in store.dir`,
    )
  }
  return ok(SUBJECT, existing === dir ? dir : `${dir}, to be created at the first start`)
}

function nearestExisting(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestExisting(dirname(path))
}
