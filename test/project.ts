/** Places in the project. Tests run as TypeScript or compiled in .build, one level deeper: neither counts levels. */

import { extname } from 'node:path'
import { pathToFileURL } from 'node:url'

/** Every test is started at the project's root. */
const ROOT = pathToFileURL(`${process.cwd()}/`)

/** A file of the project that is not compiled, such as 'config/README.md'. */
export const inProject = (path: string): URL => new URL(path, ROOT)

/** A module of ours by its path without an extension, such as './disk-process', as seen from `importMeta`. */
export const moduleAt = (path: string, { url }: ImportMeta): URL =>
  new URL(`${path}${extname(url)}`, url)
