/** Whether files with secrets in them are for this user alone. */
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Sources } from '../../config/merge.js'
import { SETTINGS } from '../../config/settings.js'
import { ok, warn, type Finding } from '../../report/doctor-finding.js'

const SUBJECT = 'secret files'
const READABLE_BY_OTHERS = 0o004

/** A file that was read for the configuration. */
export interface ReadFile {
  readonly path: string
  readonly text: string
}

/** Undefined: there are none. A group may read them: that is how a service gets at them. */
export function checkSecretFiles(
  files: readonly ReadFile[],
  { file, sources, cwd }: { readonly file: string | undefined; sources: Sources; cwd: string },
): Finding | undefined {
  const configFile = file === undefined ? undefined : resolve(cwd, file)
  const secret = files.filter((one) =>
    one.path === configFile ? holdsSecrets(sources, file) : !isCertificate(one),
  )
  if (secret.length === 0) return undefined
  const open = secret.filter(({ path }) => (statSync(path).mode & READABLE_BY_OTHERS) !== 0)
  const names = (some: readonly ReadFile[]): string => some.map(({ path }) => path).join(', ')
  return open.length === 0
    ? ok(SUBJECT, names(secret))
    : warn(SUBJECT, `every user can read ${names(open)}: chmod o= ${names(open)}`)
}

/** Of consumers and accounts the file has hashes and references only. */
function holdsSecrets(sources: Sources, file: string | undefined): boolean {
  return SETTINGS.some(
    ({ key, keyword }) => keyword.secret === true && sources.get(key)?.source === file,
  )
}

const isCertificate = ({ text }: ReadFile): boolean =>
  text.includes('BEGIN CERTIFICATE') && !text.includes('PRIVATE KEY')
