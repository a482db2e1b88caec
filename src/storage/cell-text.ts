/** A record as one line of text: a checksum, then the key and the value as JSON, filled up with spaces. */

import { createHash } from 'node:crypto'

/** Divides a page, so no cell is half written when the process is killed. */
export const CELL_BYTES = 1_024
const CHECKSUM_CHARS = 16

export const EMPTY_CELL: Buffer = Buffer.from(`${' '.repeat(CELL_BYTES - 1)}\n`)

/** @throws RangeError for a record that does not fit */
export function encodeCell(key: string, value: unknown): Buffer {
  const json = JSON.stringify([key, value])
  const cell = Buffer.from(EMPTY_CELL)
  const bytes = Buffer.from(`${checksum(json)} ${json}`)
  if (bytes.length >= CELL_BYTES)
    throw new RangeError(`the record ${key} has ${bytes.length} bytes`)
  bytes.copy(cell)
  return cell
}

/** Undefined: the cell is empty or damaged. */
export function decodeCell(cell: Buffer): readonly [key: string, value: unknown] | undefined {
  if (cell.length < CELL_BYTES) return undefined
  const text = cell.toString().trimEnd()
  const json = text.slice(CHECKSUM_CHARS + 1)
  if (text.slice(0, CHECKSUM_CHARS) !== checksum(json)) return undefined
  return JSON.parse(json) as [string, unknown]
}

const checksum = (json: string): string =>
  createHash('sha256').update(json).digest('hex').slice(0, CHECKSUM_CHARS)
