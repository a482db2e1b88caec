/** Whether Redis is there, new enough, and set up so that what counts stays. */
import { describeRedis, parseRedisAddress } from '../config/redis-address.js'
import { connectRedis } from './connection/connect.js'
import type { RedisConnection, RedisServer } from './connection/redis-connection.js'
import { warnOfEviction } from './replicas/eviction.js'
import { fail, ok, warn, type Finding } from '../report/doctor-finding.js'

const SUBJECT = 'Redis'
const TIMEOUT_MS = 5_000
/** See docs/replicas.md. */
const MIN_MAJOR = 7

/** Connect to Redis and look around; nothing is written. */
export async function checkRedis(url: string): Promise<readonly Finding[]> {
  const name = describeRedis(parseRedisAddress(url))
  const connected = await connect(url)
  if (typeof connected === 'string') return [fail(SUBJECT, `${name}: ${connected}`)]
  try {
    const servers = await connected.servers()
    const looks = servers.flatMap((server) => [checkServer(server), checkPersistence(server)])
    return [...(await Promise.all(looks)), ...(await checkEviction(connected))]
  } catch (error) {
    return [fail(SUBJECT, `${name}: ${messageOf(error)}`)]
  } finally {
    await connected.close()
  }
}

async function connect(url: string): Promise<RedisConnection | string> {
  return new Promise((resolve) => {
    const give = (problem: string): void => {
      clearTimeout(timer)
      resolve(problem)
      void redis.close()
    }
    const redis = connectRedis({
      url,
      name: 'intervals-proxy-doctor',
      onError: (error) => give(advice(error)),
    })
    const timer = setTimeout(() => {
      give(`no connection within ${TIMEOUT_MS / 1_000} s: is a firewall in between?`)
    }, TIMEOUT_MS)
    redis.onReady(() => {
      clearTimeout(timer)
      resolve(redis)
    })
  })
}

async function checkServer({ name, send }: RedisServer): Promise<Finding> {
  const sentMs = performance.now()
  const version = field(await send(['INFO', 'server']), 'redis_version')
  const took = `${(performance.now() - sentMs).toFixed(1)} ms`
  if (version === undefined) return warn(SUBJECT, `${name} does not tell its version`)
  return Number.parseInt(version, 10) < MIN_MAJOR
    ? fail(SUBJECT, `${name} is version ${version}: ${MIN_MAJOR}.0 or later is needed`)
    : ok(SUBJECT, `${name}, version ${version}, answers in ${took}`)
}

async function checkPersistence({ send }: RedisServer): Promise<Finding> {
  const info = await send(['INFO', 'persistence'])
  const subject = 'Redis disk'
  if (field(info, 'aof_enabled') === '1') {
    return field(info, 'aof_last_write_status') === 'ok'
      ? ok(subject, 'appendonly: counts and idempotency keys outlive a restart')
      : fail(subject, 'the last write to its append-only file failed: see the log of Redis')
  }
  return ok(
    subject,
    'no appendonly: after a restart of Redis nothing leaves for a window, and idempotency keys that are not known are refused for 24 hours',
  )
}

/** The same words as at the start of the proxy. */
async function checkEviction(redis: RedisConnection): Promise<readonly Finding[]> {
  const found: Finding[] = []
  await warnOfEviction(redis, { warn: (text: string) => void found.push(warn(SUBJECT, text)) })
  return found
}

const field = (info: unknown, name: string): string | undefined =>
  new RegExp(`^${name}:(.*?)\\r?$`, 'mu').exec(String(info))?.[1]

function advice(error: Error): string {
  const { code = '' } = error as NodeJS.ErrnoException
  if (code === 'ECONNREFUSED')
    return 'nothing listens there: check store.redis, and that Redis runs'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return 'the host is not known here: check store.redis and the DNS of this machine'
  }
  const message = messageOf(error)
  if (/^(?:WRONGPASS|NOAUTH)/u.test(message)) {
    return `it does not take the password (${message.split(' ', 1)[0]}): put user and password into store.redis, as docs/replicas.md says`
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO_/u.test(code)) {
    return `its certificate is not trusted (${code}): name the authority in NODE_EXTRA_CA_CERTS`
  }
  if (error.cause instanceof Error) return `${message}: ${advice(error.cause)}`
  return `cannot connect (${code || message})`
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : '?')
