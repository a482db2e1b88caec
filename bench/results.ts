/** What was measured, as a file: one entry per part, each with its time and its machine. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { machine } from './machine.js'
import type { PartResult } from './part.js'
import type { Row } from './table.js'

export interface StoredPart extends PartResult {
  readonly at: string
  readonly isQuick: boolean
  readonly seconds: number
  readonly machine: readonly Row[]
}

export type Results = Readonly<Record<string, StoredPart>>

export const readResults = (file: string): Results =>
  existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Results) : {}

export function storePart(
  file: string,
  name: string,
  part: PartResult & { readonly isQuick: boolean; readonly seconds: number },
): void {
  mkdirSync(dirname(file), { recursive: true })
  const at = new Date().toISOString()
  const results: Results = { ...readResults(file), [name]: { at, machine: machine(), ...part } }
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`)
}
