/**
 * A body as it comes in. Small pieces are copied together: sixteen million chunks of one byte would
 * be a small body and gigabytes of buffers.
 */

/** Pieces from this size on are kept as they are. */
const LARGE_BYTES = 4_096
const BLOCK_BYTES = 64 * 1024

export class BodyParts {
  readonly #parts: Buffer[] = []
  #block = Buffer.alloc(0)
  #used = 0
  #bytes = 0

  get bytes(): number {
    return this.#bytes
  }

  add(piece: Buffer): void {
    this.#bytes += piece.length
    if (piece.length >= LARGE_BYTES) {
      this.#closeBlock()
      this.#parts.push(piece)
      return
    }
    if (piece.length > this.#block.length - this.#used) {
      this.#closeBlock()
      this.#block = Buffer.allocUnsafeSlow(BLOCK_BYTES)
    }
    piece.copy(this.#block, this.#used)
    this.#used += piece.length
  }

  /** Takes all that has come so far; what comes then begins anew. */
  take(): Buffer[] {
    this.#closeBlock()
    this.#block = Buffer.alloc(0)
    return this.#parts.splice(0)
  }

  /** The rest of the block serves the next pieces. */
  #closeBlock(): void {
    if (this.#used > 0) this.#parts.push(this.#block.subarray(0, this.#used))
    this.#block = this.#block.subarray(this.#used)
    this.#used = 0
  }
}
