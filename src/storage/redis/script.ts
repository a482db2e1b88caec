/** Scripts of ours that Redis runs. They are apart from the client, which a proxy without Redis need not load. */

import { createHash } from 'node:crypto'

/** A script, and what it is known by. */
export interface RedisScript {
  readonly source: string
  readonly sha1: string
}

export const redisScript = (source: string): RedisScript => ({
  source,
  sha1: createHash('sha1').update(source).digest('hex'),
})
