/**
 * Records of idempotency keys on Redis, for all replicas. Keys have no time to live there, so that a Redis
 * short of memory evicts none; answers have one, and may be evicted.
 */

import type { RedisConnection } from './connection/redis-connection.js'
import { redisScript } from './connection/script.js'
import type { HeaderRecord } from '../server/pipeline/headers.js'
import {
  answerBytes,
  KEY_TTL_MS,
  KeyTakenError,
  RECORD_BOUNDS,
} from '../server/ports/key-records.js'
import type {
  KeptAnswer,
  KeyRecord,
  KeyRecords,
  RecordBounds,
} from '../server/ports/key-records.js'

/** KEYS: born records expiry answer; ARGV: one JSON object. */
const SCRIPT = redisScript(`
local born, records, expiry, answer = unpack(KEYS)
local a = cjson.decode(ARGV[1])
redis.call('SET', born, a.token, 'NX')
local function drop(id)
  redis.call('HDEL', records, id)
  redis.call('ZREM', expiry, id)
end
local function sweep(most)
  local over = redis.call('ZRANGEBYSCORE', expiry, '-inf', a.nowMs, 'LIMIT', 0, most)
  for _, id in ipairs(over) do drop(id) end
  return #over
end
local result = {}
if a.op == 'get' then
  local record = redis.call('HGET', records, a.id)
  local expiresAtMs = tonumber(redis.call('ZSCORE', expiry, a.id) or 0)
  if record and expiresAtMs > a.nowMs then
    result.record = record
    result.answer = redis.call('GET', answer) or nil
  end
elseif a.op == 'begin' then
  local expiresAtMs = tonumber(redis.call('ZSCORE', expiry, a.id) or 0)
  if expiresAtMs > a.nowMs then result.taken = true
  else
    if redis.call('ZCARD', expiry) >= a.maxRecords then sweep(500) end
    if redis.call('ZCARD', expiry) >= a.maxRecords then result.full = true
    else
      redis.call('ZADD', expiry, a.expiresAtMs, a.id)
      redis.call('HSET', records, a.id, a.record)
      redis.call('DEL', answer)
    end
  end
elseif a.op == 'complete' then
  if redis.call('ZSCORE', expiry, a.id) then
    redis.call('HSET', records, a.id, a.record)
    if a.answer then redis.call('SET', answer, a.answer, 'PX', a.ttlMs) end
  end
elseif a.op == 'forget' then
  drop(a.id)
  redis.call('DEL', answer)
elseif a.op == 'sweep' then
  result.swept = sweep(500)
end
result.born = redis.call('GET', born)
result.count = redis.call('ZCARD', expiry)
return cjson.encode(result)
`)

interface Reply {
  readonly born: string
  readonly count: number
  readonly record?: string
  readonly answer?: string
  readonly taken?: boolean
  readonly full?: boolean
  readonly swept?: number
}

/** The longest wait for a copy, of a write with a key and of the commands behind it on the connection. */
const COPIED_WITHIN_MS = 100
/** How often it looks for a replica of Redis, where none is connected or it lags far behind. */
const NO_COPY_FOR_MS = 2_000

interface StoredRecord {
  readonly fingerprint: string
  readonly beganAtMs: number
  readonly outcome?: { readonly status: number; readonly finishedAtMs: number }
}

export interface RedisRecordsOptions extends Partial<RecordBounds> {
  readonly redis: RedisConnection
  /** The prefix of every key, with the part in braces that puts all keys in one hash slot. */
  readonly prefix: string
  /** A request that was noted so long ago is no longer in flight, milliseconds. */
  readonly inFlightMs: number
  readonly wallMs: () => number
  /** All keys of the last 24 h are lost. */
  readonly onLost: (untilMs: number) => void
}

export function createRedisRecords(options: RedisRecordsOptions): KeyRecords {
  const { redis, prefix, inFlightMs, wallMs, onLost } = options
  const bounds = { ...RECORD_BOUNDS, ...options }
  const fingerprints = new Map<string, { fingerprint: string; beganAtMs: number }>()
  let born: string | undefined
  let count = 0
  let noCopyUntilMs = -Infinity

  async function run(op: string, id: string, argument: object = {}): Promise<Reply> {
    const keys = ['born', 'records', 'expiry', `answer:${id}`].map((what) => prefix + what)
    const nowMs = wallMs()
    const token = `${nowMs}`
    const common = { op, id, nowMs, token, maxRecords: bounds.maxRecords }
    const reply = JSON.parse(await redis.run(SCRIPT, keys, { ...common, ...argument })) as Reply
    if (born !== undefined && reply.born !== born) onLost(nowMs + KEY_TTL_MS)
    born = reply.born
    count = reply.count
    return reply
  }

  /** Before the request is sent, so that a successor of this server knows of it. */
  async function copied(nowMs: number): Promise<void> {
    if (redis.overlapMs === 0 || nowMs < noCopyUntilMs) return
    const copies = await redis.send(['WAIT', '1', `${COPIED_WITHIN_MS}`], `${prefix}records`)
    if (copies === 0) noCopyUntilMs = nowMs + NO_COPY_FOR_MS
  }

  return {
    bounds,
    async get(id): Promise<KeyRecord | undefined> {
      const { record, answer } = await run('get', id)
      if (record === undefined) return undefined
      const { fingerprint, beganAtMs, outcome } = JSON.parse(record) as StoredRecord
      if (outcome === undefined) {
        return { state: 'pending', fingerprint, openUntilMs: beganAtMs + inFlightMs }
      }
      const kept = answer === undefined ? undefined : decodeAnswer(answer)
      return { state: 'answered', fingerprint, ...outcome, answer: kept }
    },
    async begin(id, { fingerprint, expiresAtMs, nowMs }) {
      const note = { fingerprint, beganAtMs: nowMs }
      const reply = await run('begin', id, { expiresAtMs, record: JSON.stringify(note) })
      if (reply.taken === true) throw new KeyTakenError('the key is taken')
      if (reply.full === true) return false
      await copied(nowMs)
      fingerprints.set(id, note)
      return true
    },
    async complete(id, { status, finishedAtMs, answer }) {
      const note = fingerprints.get(id)
      if (note === undefined) return
      fingerprints.delete(id)
      const isKept = answer !== undefined && answerBytes(answer) <= bounds.maxAnswerBytes
      await run('complete', id, {
        record: JSON.stringify({ ...note, outcome: { status, finishedAtMs } }),
        ...(isKept && { answer: encodeAnswer(answer), ttlMs: KEY_TTL_MS }),
      })
    },
    async forget(id) {
      fingerprints.delete(id)
      await run('forget', id)
    },
    sweep: async () => (await run('sweep', '')).swept ?? 0,
    fullUntilMs: () => undefined,
    usage: () => ({ records: count, bytes: 0 }),
    async close() {
      fingerprints.clear()
    },
  }
}

const encodeAnswer = ({ status, headers, body }: KeptAnswer): string =>
  JSON.stringify({ status, headers, body: body.toString('base64') })

function decodeAnswer(text: string): KeptAnswer {
  const { status, headers, body } = JSON.parse(text) as {
    status: number
    headers: HeaderRecord
    body: string
  }
  return { status, headers, body: Buffer.from(body, 'base64') }
}
