/** An LMDB file that contains the number of its format, so that another format is never misread. */

import { open, type Database, type RootDatabase } from 'lmdb'
import { FileFormatError } from './file-format-error.js'
import { assertLmdbFile } from './lmdb-file.js'

export interface OpenedDatabase {
  readonly root: RootDatabase
  /** Facts about the whole file; the key `format` is taken. */
  readonly meta: Database<number | string, string>
}

/**
 * Opens `path` (a file; LMDB puts a `-lock` beside it), or makes it. `format` is raised when a record
 * changes its shape.
 *
 * @throws FileFormatError when another version wrote it; any other error means that the file cannot be
 *   read.
 */
export function openDatabase(path: string, format: number): OpenedDatabase {
  assertLmdbFile(path)
  const root = open({ path, maxDbs: 4, cache: false })
  const meta = root.openDB<number | string, string>({ name: 'meta' })
  const found = meta.get('format')
  if (found !== undefined && found !== format) {
    void root.close()
    throw new FileFormatError(path, { found, read: format })
  }
  if (found === undefined) meta.putSync('format', format)
  return { root, meta }
}
