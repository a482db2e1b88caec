/** Whether the proxy can write to its data directory, and other users cannot read it. */
import { accessSync, constants, existsSync, readdirSync, statfsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Config } from '../../config/schema.js'
import { bytes } from '../../report/human-format.js'
import { fail, ok, warn, type Finding } from '../../report/doctor-finding.js'

const SUBJECT = 'data directory'
/** For what counts, beside stored answers. */
const LEDGER_BYTES = 64 * 1_048_576
const [WRITABLE_BY_OTHERS, OPEN_TO_OTHERS] = [0o022, 0o077] as const

/** Look at `store.dir`, an absolute path; nothing is created. */
export function checkDataDirectory({
  store,
  cache,
}: Pick<Config, 'store' | 'cache'>): readonly Finding[] {
  const { dir } = store
  const existing = nearestExisting(dir)
  if (!statSync(existing).isDirectory()) {
    return [fail(SUBJECT, `${existing} is a file: name a directory in store.dir`)]
  }
  try {
    accessSync(existing, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch {
    const advice = 'change its owner, or name another directory in store.dir'
    return [fail(SUBJECT, `${existing} may not be written by this user: ${advice}`)]
  }
  const needed = LEDGER_BYTES + cache.maxDiskSize
  return [
    existing === dir ? checkRights(dir) : ok(SUBJECT, `${dir}, to be created at the first start`),
    checkSpace(existing, needed),
  ]
}

function nearestExisting(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestExisting(dirname(path))
}

/** It holds customers' answers, and the key to the hashes of their tokens. */
function checkRights(dir: string): Finding {
  if ((statSync(dir).mode & WRITABLE_BY_OTHERS) !== 0) {
    return warn(SUBJECT, `${dir} can be written by other users: chmod 700 ${dir}`)
  }
  const open = readdirSync(dir).filter((name) => isOpen(join(dir, name)))
  return open.length === 0
    ? ok(SUBJECT, dir)
    : warn(SUBJECT, `other users can read ${open.join(', ')} in ${dir}: chmod go= ${dir}/*`)
}

function isOpen(path: string): boolean {
  try {
    return (statSync(path).mode & OPEN_TO_OTHERS) !== 0
  } catch {
    // Gone meanwhile: LMDB makes and removes files of its own.
    return false
  }
}

function checkSpace(dir: string, needed: number): Finding {
  const { bavail, bsize } = statfsSync(dir)
  const free = bavail * bsize
  const space = `${bytes(free)} free`
  return free >= needed
    ? ok('disk', space)
    : warn(
        'disk',
        `${space} beside ${dir}, and the cache may take ${bytes(needed)} in all: make room, or set cache.maxDiskSize lower. Without room nothing can be counted, and so nothing leaves`,
      )
}
