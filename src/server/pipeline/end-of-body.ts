/** The end of a body, noticed before its last bytes are passed on. */

import { Transform } from 'node:stream'
import type { Readable, TransformCallback } from 'node:stream'

/** How much of a body, and for how long, is read for its end alone. */
const MAX_REST_BYTES = 1_048_576
const MAX_REST_MS = 5_000

/**
 * The same body, one chunk behind. `ended` is awaited once: before the last chunk is passed on, or when the
 * body broke off. When the reader leaves, the rest is read without it, within a bound.
 */
export function withEnd(body: Readable, ended: (isComplete: boolean) => Promise<void>): Readable {
  let last: Buffer | undefined
  let end: Promise<void> | undefined
  const onEnd = (isComplete: boolean): Promise<void> => (end ??= ended(isComplete))
  async function finish(done: TransformCallback): Promise<void> {
    try {
      await onEnd(true)
      done(null, last)
    } catch (error) {
      // Without its end, the answer acknowledges nothing.
      done(error as Error)
    }
  }
  async function fail(error: Error): Promise<void> {
    try {
      await onEnd(false)
    } catch {
      // The answer breaks off either way.
    }
    passed.destroy(error)
  }
  async function endUnread(isComplete: boolean): Promise<void> {
    try {
      await onEnd(isComplete)
    } catch {
      // The reader has left.
    }
  }
  const passed = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const before = last
      last = chunk
      done(null, before)
    },
    flush(done) {
      void finish(done)
    },
    destroy(error, done) {
      last = undefined
      body.unpipe(passed)
      if (end === undefined) readRest(body)
      else body.on('error', () => {}).destroy()
      done(error)
    },
  })
  body.once('end', () => void (passed.destroyed && endUnread(true)))
  body.once('error', (error) => void fail(error))
  body.once('close', () => void (body.readableEnded || endUnread(false)))
  return body.pipe(passed)
}

function readRest(body: Readable): void {
  let left = MAX_REST_BYTES
  const timer = setTimeout(() => body.destroy(), MAX_REST_MS)
  body.once('close', () => clearTimeout(timer))
  body.on('data', (chunk: Buffer) => {
    left -= chunk.length
    if (left < 0) body.destroy()
  })
  body.resume()
}
