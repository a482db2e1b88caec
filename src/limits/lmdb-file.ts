import { closeSync, openSync, readSync } from 'node:fs'

/** Where the first page has its magic number, behind a header of 24 bytes (mdb.c, MDB_meta). */
const MAGIC_AT = 24
const MAGIC = 0xbeefc0de
/** The two pages that every file begins with. */
const SHORTEST_BYTES = 8_192

/**
 * May LMDB open this file? Over one that is none of its own it takes the whole process down, so it
 * has to be looked at before. A file that is missing or empty will be made.
 */
export function isLmdbFile(path: string): boolean {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true
    throw error
  }
  try {
    const head = Buffer.alloc(SHORTEST_BYTES)
    const bytes = readSync(fd, head)
    if (bytes === 0) return true
    const magics = [head.readUInt32LE(MAGIC_AT), head.readUInt32BE(MAGIC_AT)]
    return bytes === SHORTEST_BYTES && magics.includes(MAGIC)
  } finally {
    closeSync(fd)
  }
}
