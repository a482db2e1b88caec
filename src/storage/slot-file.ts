/**
 * A small keyed store in one file of fixed cells, written in place by the thread pool. Cells are allocated
 * ahead of need, so a full disk does not stop a write. A write that has returned survives `kill -9`, because
 * the kernel has the page; only `sync` makes it survive a power cut.
 */

import {
  close,
  closeSync,
  fdatasync,
  openSync,
  readFileSync,
  write,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { promisify } from 'node:util'
import { CELL_BYTES, decodeCell, EMPTY_CELL, encodeCell } from './cell-text.js'
import { FileFormatError } from './file-format-error.js'
import { newBatch } from './write-batch.js'
import type { Batch } from './write-batch.js'

/** Opening a file leaves at least this many cells free. 256 KiB: 100 slots, and 156 other records. */
const FREE_CELLS = 256
const RETRY_MS = 1_000

/** The file operations, which a test replaces by slow and failing ones. */
export interface FileCalls {
  write(fd: number, bytes: Buffer, at: number): Promise<void>
  sync(fd: number): Promise<void>
}

const writeAt = promisify(write)
const CALLS: FileCalls = {
  async write(fd, bytes, at) {
    const { bytesWritten } = await writeAt(fd, bytes, 0, bytes.length, at)
    if (bytesWritten < bytes.length) throw new Error('the disk is full')
  },
  sync: promisify(fdatasync),
}

export interface SlotFileOptions {
  /** Raised when a record changes its shape. */
  readonly format: number
  readonly calls?: FileCalls
}

export class SlotFile {
  /** The newest value of each key. */
  readonly records = new Map<string, unknown>()
  /** False: a cell was damaged, so a record may be missing. */
  readonly isWhole: boolean
  readonly #fd: number
  readonly #format: number
  readonly #calls: FileCalls
  readonly #cells = new Map<string, number>()
  /** The next one to use is the last. */
  readonly #free: number[] = []
  /** Emptied after the first write, which notes what the damage means. */
  #damaged: number[] = []
  /** Cells in the file, with the first one, which describes it. */
  #count = 1
  #current: Batch | undefined
  #next: Batch | undefined
  #retry: NodeJS.Timeout | undefined
  #problem: string | undefined
  #isClosed = false

  /**
   * Opens `path`, or creates it.
   *
   * @throws FileFormatError when another version wrote it; any other error means that it cannot be read
   */
  constructor(path: string, { format, calls = CALLS }: SlotFileOptions) {
    this.#format = format
    this.#calls = calls
    // Creates the file; what is opened to append cannot be written in place.
    writeFileSync(path, '', { flag: 'a', mode: 0o600 })
    this.#fd = openSync(path, 'r+')
    try {
      const bytes = readFileSync(path)
      this.isWhole = bytes.length === 0 || this.#read(bytes, path)
      if (this.#free.length < FREE_CELLS / 2) this.#allocate(path)
    } catch (error) {
      closeSync(this.#fd)
      throw error
    }
  }

  #read(bytes: Buffer, path: string): boolean {
    const cellAt = (cell: number): Buffer =>
      bytes.subarray(cell * CELL_BYTES, (cell + 1) * CELL_BYTES)
    const [name, head] = decodeCell(cellAt(0)) ?? []
    if (name !== 'file') throw new Error(`${path} is damaged`)
    const { format, cells } = head as { readonly format: unknown; readonly cells: number }
    if (format !== this.#format) {
      throw new FileFormatError(path, { found: format, read: this.#format })
    }
    this.#count = cells
    for (let cell = 1; cell < cells; cell++) {
      const record = decodeCell(cellAt(cell))
      if (record !== undefined) {
        this.records.set(...record)
        this.#cells.set(record[0], cell)
      } else if (cellAt(cell).equals(EMPTY_CELL)) this.#free.unshift(cell)
      else this.#damaged.push(cell)
    }
    return this.#damaged.length === 0
  }

  /** On a full disk, the cells that are free have to be enough; the head counts none that is missing. */
  #allocate(path: string): void {
    const count = this.#count + FREE_CELLS
    try {
      writeAllSync(this.#fd, this.#count * CELL_BYTES, freeCells())
      writeAllSync(this.#fd, 0, this.#head(count))
    } catch (error) {
      if (this.#free.length === 0) throw new Error(`${path} cannot be allocated`, { cause: error })
      return
    }
    for (let cell = this.#count; cell < count; cell++) this.#free.unshift(cell)
    this.#count = count
  }

  #head(cells: number): Buffer {
    return headCell(this.#format, cells)
  }

  /** Why the last write failed; undefined if it succeeded. */
  problem(): string | undefined {
    return this.#problem
  }

  /**
   * Resolves when a kill -9 can no longer undo the change, and rejects when it could not be written in time.
   * It is then tried again: in the end, each cell has the newest value of its key.
   */
  async put(key: string, value: unknown): Promise<void> {
    const bytes = encodeCell(key, value)
    const cell = this.#cells.get(key) ?? this.#free.pop() ?? this.#append()
    this.#cells.set(key, cell)
    this.records.set(key, value)
    await this.#change(cell, bytes)
  }

  async remove(key: string): Promise<void> {
    const cell = this.#cells.get(key)
    if (cell === undefined) return
    this.#cells.delete(key)
    this.records.delete(key)
    this.#free.push(cell)
    await this.#change(cell, EMPTY_CELL)
  }

  #append(): number {
    this.#change(0, this.#head(this.#count + 1)).catch(() => {})
    return this.#count++
  }

  /** Resolves when a power cut can no longer undo what was written before. */
  async sync(): Promise<void> {
    if (!this.#isClosed) await this.#calls.sync(this.#fd)
  }

  #change(cell: number, bytes: Buffer): Promise<void> {
    if (this.#isClosed) return Promise.reject(new Error('the file is closed'))
    if (this.#next === undefined) {
      this.#next = this.#newBatch()
      // All changes of this turn are in the same batch.
      queueMicrotask(() => this.#write())
    }
    this.#next.cells.set(cell, bytes)
    return this.#next.written
  }

  #newBatch(): Batch {
    return newBatch((message) => (this.#problem = message))
  }

  /** One batch at a time, so no older value overwrites a newer one. */
  #write(): void {
    const batch = this.#next
    if (batch === undefined || this.#current !== undefined) return
    clearTimeout(this.#retry)
    this.#next = undefined
    this.#current = batch
    const writes = Array.from(batch.cells, ([cell, bytes]) =>
      this.#calls.write(this.#fd, bytes, cell * CELL_BYTES),
    )
    void Promise.allSettled(writes).then((results) => {
      const failed = results.find((one) => one.status === 'rejected')
      this.#written(batch, failed?.reason as Error | undefined)
    })
  }

  #written(batch: Batch, error: Error | undefined): void {
    this.#current = undefined
    this.#problem = error && `The disk refused a write (${error.message})`
    batch.settle(error)
    if (error === undefined) this.#repair()
    if (error === undefined || this.#isClosed) return this.#write()
    const next = (this.#next ??= this.#newBatch())
    for (const [cell, bytes] of batch.cells) if (!next.cells.has(cell)) next.cells.set(cell, bytes)
    this.#retry = setTimeout(() => this.#write(), RETRY_MS)
  }

  #repair(): void {
    if (this.#isClosed) return
    for (const cell of this.#damaged) {
      this.#change(cell, EMPTY_CELL).catch(() => {})
      this.#free.push(cell)
    }
    this.#damaged = []
  }

  /** Waits for the last writes, and no longer than for any write. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#write()
    const last = this.#next ?? this.#current
    await last?.written.catch(() => {})
    // A write that is late would otherwise go to the next file that gets the number.
    if (this.#current === undefined) close(this.#fd)
  }
}

const headCell = (format: number, cells: number): Buffer => encodeCell('file', { format, cells })

const freeCells = (): Buffer => Buffer.concat(Array<Buffer>(FREE_CELLS).fill(EMPTY_CELL))

function writeAllSync(fd: number, at: number, bytes: Buffer): void {
  const written = writeSync(fd, bytes, 0, bytes.length, at)
  if (written < bytes.length) throw new Error('the disk is full')
}

/** A file with these records, in the place of one that may be there. */
export function writeSlotFile(
  path: string,
  format: number,
  records: readonly (readonly [key: string, value: unknown])[],
): void {
  const cells = records.map(([key, value]) => encodeCell(key, value))
  writeFileSync(path, Buffer.concat([headCell(format, cells.length + 1), ...cells]), {
    mode: 0o600,
    flush: true,
  })
}
