/** A write that takes longer has failed for its callers. No other write begins before it ends. */
const WRITE_WITHIN_MS = 2_000

/** Changed cells that are written together. */
export interface Batch {
  readonly cells: Map<number, Buffer>
  /** Rejects when the cells were not written in time. */
  readonly written: Promise<void>
  readonly settle: (error?: Error) => void
}

/** `onLate` gets the reason before the batch is rejected. */
export function newBatch(onLate: (reason: string) => void): Batch {
  let settle: Batch['settle'] = () => {}
  const written = new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => {
      const reason = `The disk has not finished a write within ${WRITE_WITHIN_MS / 1_000} s`
      onLate(reason)
      settle(new Error(reason))
    }, WRITE_WITHIN_MS)
    settle = (error) => {
      clearTimeout(late)
      if (error === undefined) resolve()
      else reject(error)
    }
  })
  written.catch(() => {})
  return { cells: new Map(), written, settle }
}
