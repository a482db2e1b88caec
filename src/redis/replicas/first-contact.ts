/** The format and the secret that all replicas on one Redis must agree on before they do anything. */

import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import type { RedisConnection } from '../connection/redis-connection.js'
import { ProblemError } from '../../server/errors/problems.js'
import { StartRefusedError } from '../../server/start-refused.js'

/** Raised when replicas write something to Redis that an older version would misread. */
const FORMAT = '1'
const SECRET_BYTES = 32
/** How long a start waits for Redis before the proxy listens without it. */
const START_WITHIN_MS = 3_000
const ATTEMPT_EVERY_MS = 200
const RETRY_AFTER_MS = 2_000

export interface FirstContact {
  /**
   * The key for the hashes of credentials: the same at all replicas, or none would find the entries of
   * another.
   *
   * @throws ProblemError LEDGER_UNAVAILABLE until Redis has been reached
   */
  secret(): Uint8Array
  /** Why Redis cannot be used; undefined once it was reached. */
  problem(): string | undefined
  /**
   * Resolves when Redis was reached, or after 3 s without it; then the attempts go on.
   *
   * @throws StartRefusedError when Redis refuses the login, is no Redis, or holds what another version wrote
   */
  begin(): Promise<void>
  /** After a loss of data, so that the next replica to start finds the secret that is in use. */
  restoreSecret(): Promise<'kept' | 'another'>
  close(): void
}

/** `mistake` says what is wrong with store.redis, if that is known. */
export function createFirstContact(options: {
  readonly redis: RedisConnection
  readonly namespace: string
  readonly mistake: () => string | undefined
  readonly log: Pick<FastifyBaseLogger, 'info' | 'warn'>
}): FirstContact {
  const { redis, namespace, mistake, log } = options
  let agreed: Uint8Array | undefined
  let problem: string | undefined = 'Redis has not answered yet'
  const closed = new AbortController()

  /** Undefined once it succeeded. */
  async function attempt(): Promise<Error | undefined> {
    try {
      await assertFormat(redis, namespace)
      const secret = await agreedSecret(redis, namespace, randomBytes(SECRET_BYTES))
      if (secret.length !== SECRET_BYTES) {
        throw new StartRefusedError(`the value of ${namespace}secret on Redis is no secret`)
      }
      agreed = secret
      problem = undefined
      return undefined
    } catch (error) {
      const wrong = mistake()
      const found =
        wrong === undefined || error instanceof StartRefusedError
          ? (error as Error)
          : new StartRefusedError(wrong, { cause: error })
      problem = found.message
      return found
    }
  }

  async function goOn(): Promise<void> {
    while (!closed.signal.aborted && (await attempt()) !== undefined) {
      await sleep(ATTEMPT_EVERY_MS, undefined, { ref: false })
    }
    if (!closed.signal.aborted) log.info('Redis was reached')
  }

  return {
    secret() {
      if (agreed !== undefined) return agreed
      throw new ProblemError('LEDGER_UNAVAILABLE', { retryAfterMs: RETRY_AFTER_MS })
    },
    problem: () => problem,
    async begin() {
      for (let waitedMs = 0; waitedMs < START_WITHIN_MS; waitedMs += ATTEMPT_EVERY_MS) {
        const failure = await attempt()
        if (failure === undefined) return
        if (failure instanceof StartRefusedError) throw failure
        await sleep(ATTEMPT_EVERY_MS)
      }
      log.warn(
        `Redis did not answer within ${START_WITHIN_MS / 1_000} s (${problem}): requests get 503 until it does. Check store.redis, and that Redis is running`,
      )
      void goOn()
    },
    async restoreSecret() {
      await assertFormat(redis, namespace)
      if (agreed === undefined) return 'kept'
      const found = await agreedSecret(redis, namespace, agreed)
      return Buffer.compare(found, agreed) === 0 ? 'kept' : 'another'
    },
    close() {
      closed.abort()
    },
  }
}

async function assertFormat(redis: RedisConnection, namespace: string): Promise<void> {
  const format = await firstValue(redis, `${namespace}format`, FORMAT)
  if (format === FORMAT) return
  throw new StartRefusedError(
    `the data on Redis has format ${format}, but this version reads ${FORMAT}: start the version that wrote it, or give this one another database`,
  )
}

async function agreedSecret(
  redis: RedisConnection,
  namespace: string,
  own: Uint8Array,
): Promise<Buffer> {
  const text = Buffer.from(own).toString('base64')
  return Buffer.from(await firstValue(redis, `${namespace}secret`, text), 'base64')
}

/** The value of the replica that came first. */
async function firstValue(redis: RedisConnection, name: string, own: string): Promise<string> {
  await redis.send(['SET', name, own, 'NX'], name)
  return (await redis.get(name)) ?? ''
}
