/**
 * The sign of life of the process that holds a data directory: a small file that it writes again and again,
 * readable from another machine on the same volume. The file keeps its size, so a full disk cannot stop it.
 */

import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { open } from 'node:fs/promises'

export interface Holder {
  readonly host: string
  readonly pid: number
  /** Start time of the process in the kernel's ticks: a pid is used again, this pair is not. */
  readonly startTicks: string | null
  /** Pids mean something only within it: two containers can both be number 1. */
  readonly pidNamespace: string | null
  readonly bootId: string | null
  /** Of that machine's monotonic clock. */
  readonly beatMs: number
}

const RECORD_BYTES = 512

const textOf = (holder: Holder): Buffer => {
  const bytes = Buffer.alloc(RECORD_BYTES, ' ')
  bytes.write(`${JSON.stringify(holder)}\n`)
  return bytes
}

/** Undefined: there is none, or it is being written. */
export function readHolder(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder
  } catch {
    return undefined
  }
}

export function writeHolderSync(file: string, holder: Holder): void {
  const fd = openSync(file, 'a+', 0o600)
  closeSync(fd)
  const opened = openSync(file, 'r+')
  try {
    writeSync(opened, textOf(holder), 0, RECORD_BYTES, 0)
  } finally {
    closeSync(opened)
  }
}

/** In place. Closed each time, because that is when a network file system sends it to its server. */
export async function writeHolder(file: string, holder: Holder): Promise<void> {
  const opened = await open(file, 'r+')
  try {
    await opened.write(textOf(holder), 0, RECORD_BYTES, 0)
  } finally {
    await opened.close()
  }
}

export const isSameProcess = (a: Holder, b: Holder): boolean =>
  a.host === b.host && a.bootId === b.bootId && a.pid === b.pid && a.startTicks === b.startTicks
