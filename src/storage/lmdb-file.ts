/**
 * Whether LMDB can map a file. This is checked first, because lmdb ends the process on a file that is no
 * database (segmentation fault), and on the first read behind the end of a truncated one (SIGBUS). Written
 * for data format 2, mdb.c: `MDB_page_header`, `MDB_meta`.
 */

import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

const MAGIC = 0xbe_ef_c0_de
const DATA_VERSION = 2
const IS_META_PAGE = 0x08
const META_PAGES = 2
const META_BYTES = 160

/** @throws Error when the file is damaged; LMDB creates a missing or empty one */
export function assertLmdbFile(path: string): void {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  try {
    const { size } = fstatSync(file)
    if (size === 0) return
    const first = readMeta(file, 0)
    const second = readMeta(file, first?.pageBytes ?? 0)
    if (first === undefined || second === undefined) throw new Error(`${path} is no LMDB file`)
    const newest = first.transaction > second.transaction ? first : second
    const pages = Math.max(META_PAGES, newest.lastPage + 1)
    if (size < pages * newest.pageBytes) {
      throw new Error(`${path} has ${size} bytes of ${pages * newest.pageBytes}: it was cut off`)
    }
  } finally {
    closeSync(file)
  }
}

interface Meta {
  readonly pageBytes: number
  readonly lastPage: number
  readonly transaction: bigint
}

function readMeta(file: number, at: number): Meta | undefined {
  const bytes = Buffer.alloc(META_BYTES)
  if (readSync(file, bytes, 0, META_BYTES, at) !== META_BYTES) return undefined
  const isMeta = (bytes.readUInt16LE(18) & IS_META_PAGE) !== 0 && bytes.readUInt32LE(24) === MAGIC
  // The upper half of the version holds flags.
  if (!isMeta || bytes.readUInt16LE(28) !== DATA_VERSION) return undefined
  return {
    pageBytes: bytes.readUInt32LE(48),
    lastPage: Number(bytes.readBigUInt64LE(144)),
    transaction: bytes.readBigUInt64LE(152),
  }
}
