/** The format and the secret that all replicas on one Redis must agree on before they do anything. */

import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RedisConnection } from '../connection/redis-connection.js'
import { StartRefusedError } from '../../server/start-refused.js'

/** Raised when replicas write something to Redis that an older version would misread. */
const FORMAT = '1'
const SECRET_BYTES = 32
/** How long a start waits for Redis, which may be starting at the same time. */
const START_WITHIN_MS = 30_000
const ATTEMPT_EVERY_MS = 200

/**
 * The key for the hashes of credentials: the same for all, or none would find what another stored.
 * `mistake` says what is wrong with store.redis, if that is known.
 *
 * @throws StartRefusedError when Redis does not answer, refuses the login, or holds what another version
 *   wrote
 */
export async function firstContact(
  redis: RedisConnection,
  namespace: string,
  mistake: () => string | undefined = () => undefined,
): Promise<Uint8Array> {
  for (let waitedMs = 0; ; waitedMs += ATTEMPT_EVERY_MS) {
    try {
      const format = await agreed(redis, `${namespace}format`, FORMAT)
      if (format !== FORMAT) {
        throw new StartRefusedError(
          `what is on Redis has format ${format}, this version reads ${FORMAT}: start the version that wrote it, or take another database for this one`,
        )
      }
      const secret = await agreedSecret(redis, namespace, randomBytes(SECRET_BYTES))
      if (secret.length === SECRET_BYTES) return secret
      throw new StartRefusedError(`what stands under ${namespace}secret on Redis is no secret`)
    } catch (error) {
      if (error instanceof StartRefusedError) throw error
      const wrong = mistake()
      if (wrong !== undefined) throw new StartRefusedError(wrong, { cause: error })
      if (waitedMs < START_WITHIN_MS) {
        await sleep(ATTEMPT_EVERY_MS)
        continue
      }
      throw new StartRefusedError(
        `Redis did not answer within ${START_WITHIN_MS / 1_000} s: is store.redis right, and Redis up? (${(error as Error).message})`,
        { cause: error },
      )
    }
  }
}

/** After a loss of data, so that the next replica to start finds the secret that is in use. */
export async function keepSecret(
  redis: RedisConnection,
  namespace: string,
  secret: Uint8Array,
): Promise<'kept' | 'another'> {
  await agreed(redis, `${namespace}format`, FORMAT)
  const found = await agreedSecret(redis, namespace, secret)
  return Buffer.compare(found, secret) === 0 ? 'kept' : 'another'
}

async function agreedSecret(
  redis: RedisConnection,
  namespace: string,
  own: Uint8Array,
): Promise<Buffer> {
  const text = Buffer.from(own).toString('base64')
  return Buffer.from(await agreed(redis, `${namespace}secret`, text), 'base64')
}

/** The value of the replica that came first. */
async function agreed(redis: RedisConnection, name: string, own: string): Promise<string> {
  await redis.send(['SET', name, own, 'NX'], name)
  return (await redis.get(name)) ?? ''
}
