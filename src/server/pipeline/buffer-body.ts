import { Readable } from 'node:stream'
import { BodyParts } from './body-parts.js'

export type BufferedBody =
  | { readonly kind: 'whole'; readonly bytes: Buffer }
  /** Longer than the limit: what was read already, and behind it the rest. */
  | { readonly kind: 'long'; readonly body: Readable }

/**
 * The body, up to `limitBytes`. The whole of it, and not as it comes: a consumer that reads slowly must
 * not hold up those who wait for the same, and what breaks off can still become an error.
 */
export async function bufferBody(body: Readable, limitBytes: number): Promise<BufferedBody> {
  const parts = new BodyParts()
  const iterator = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  for (;;) {
    const { done, value } = await iterator.next()
    if (done === true) return { kind: 'whole', bytes: Buffer.concat(parts.take()) }
    parts.add(value)
    if (parts.bytes > limitBytes)
      return { kind: 'long', body: behind(parts.take(), iterator, body) }
  }
}

/**
 * Not a generator: one that waits for the next piece is not ended by `destroy()`, so a consumer that has
 * left would keep the connection to the upstream until that sends something, or for ever.
 */
function behind(head: Buffer[], rest: AsyncIterator<Buffer>, source: Readable): Readable {
  return new Readable({
    read() {
      const first = head.shift()
      if (first !== undefined) {
        this.push(first)
        return
      }
      rest.next().then(
        ({ done, value }) => {
          if (!this.destroyed) this.push(done === true ? null : value)
        },
        (error: unknown) => this.destroy(error as Error),
      )
    },
    destroy(error, callback) {
      discard(source)
      callback(error)
    },
  })
}

/** For an answer without a body, so that its connection can be used again. */
export function drain(body: Readable): void {
  body.on('error', () => {}).resume()
}

/** For a body that nobody wants: what is left of it is not read. */
export function discard(body: Readable): void {
  body.on('error', () => {}).destroy()
}
