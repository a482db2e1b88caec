/** An entry as it is sent: for the pipeline, and for the fast path, which writes it past Fastify. */

import type { HeaderList } from '../../cache/index.js'

export interface RenderedEntry {
  readonly status: number
  /** Names in lower case; a repeated one is listed more than once. Without the length. */
  readonly headers: HeaderList
  /** Undefined with 304. */
  readonly body: Buffer | undefined
}
