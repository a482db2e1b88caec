/** A record as one line of text: a checksum, then the key and the value as JSON, filled up with spaces. */

import { createHash } from 'node:crypto'

/** Divides a page, so no cell is half written when the process is killed. */
export const CELL_BYTES = 1_024
const CHECKSUM_CHARS = 16

export const EMPTY_CELL: Buffer = Buffer.from(`${' '.repeat(CELL_BYTES - 1)}\n`)

/** @throws RangeError for a record that does not fit */
export function encodeCell(key: string, value: unknown): Buffer {
  const json = JSON.stringify([key, value])
  const bytes = CHECKSUM_CHARS + 1 + Buffer.byteLength(json)
  if (bytes >= CELL_BYTES) throw new RangeError(`the record ${key} has ${bytes} bytes`)
  return cellOf(json)
}

/** Undefined: the cell is empty or damaged. */
export function decodeCell(cell: Buffer): readonly [key: string, value: unknown] | undefined {
  if (cell.length < CELL_BYTES) return undefined
  const json = cell
    .toString()
    .trimEnd()
    .slice(CHECKSUM_CHARS + 1)
  // Compared as a whole: the checksum covers neither what is around the record nor the filling.
  return cell.equals(cellOf(json)) ? (JSON.parse(json) as [string, unknown]) : undefined
}

function cellOf(json: string): Buffer {
  const cell = Buffer.from(EMPTY_CELL)
  cell.write(`${checksum(json)} ${json}`)
  return cell
}

const checksum = (json: string): string =>
  createHash('sha256').update(json).digest('hex').slice(0, CHECKSUM_CHARS)
