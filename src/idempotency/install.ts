/** Idempotency keys, installed by one call: the layer in the pipeline, and what is remembered behind it. */

import type { IdempotencyCore, InstalledIdempotency } from '../server/ports/pipeline-features.js'
import { createKeyBook } from './key-book.js'
import { idempotency } from './layer.js'
import { createMemoryRecords } from './memory-records.js'

export function installIdempotency({
  clock,
  secret,
  kept,
  runtime,
  metrics,
  log,
}: IdempotencyCore): InstalledIdempotency {
  const { upstream, limits } = runtime.config
  const keyBook = createKeyBook({
    records: createMemoryRecords(),
    ...kept,
    clock,
    maxWaiting: limits.queue.maxLength,
    onError: (error) => log.error({ err: error }, 'could not remove expired idempotency keys'),
  })
  return {
    layer: () =>
      idempotency({
        keyBook,
        secret,
        metrics,
        upstreamUrl: upstream.url,
        hasKey: (name) => runtime.config.consumers[name]?.key !== undefined,
      }),
    keys: () => keyBook.usage().records,
    whenIdle: () => keyBook.whenIdle(),
    close: () => keyBook.close(),
  }
}
