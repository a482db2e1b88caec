/** Nine questions to a cache: is it right under writes, and what does trouble cost? */

import { setTimeout as wait } from 'node:timers/promises'
import { Agent, request } from 'undici'
import type { Origin } from './origin.js'

const FIRST = `Basic ${Buffer.from('agencyadm01:X').toString('base64')}`
const SECOND = `Basic ${Buffer.from('agencyadm02:X').toString('base64')}`

/** What each probe asks, as the table names it. */
export const PROBES = [
  '1. 50 concurrent cold GETs: upstream calls',
  '2. GET, PUT acknowledged, GET',
  '3. GET in flight, PUT acknowledged, the fill lands, GET',
  '4. GET in flight, PUT acknowledged, new GET before the fill lands',
  '5. PUT /col/1 acknowledged, cached GET /col',
  '6. expired, upstream 503: the answer; calls spent by 10 more GETs',
  '7. expired, upstream refuses (429): the same',
  '8. after a refusal, 10 distinct cold GETs spend',
  '9. credential B asks for what A just fetched',
] as const

/** What is right, by the same numbers. */
export const RIGHT: readonly RegExp[] = [
  /^1$/,
  /^new$/,
  /^new$/,
  /^new$/,
  /^new$/,
  /^stale; [01]$/,
  /^stale; 0$/,
  /^0$/,
  /^isolated$/,
]

interface Answer {
  readonly status: number
  readonly version: number | undefined
  readonly credential: string | undefined
}

export async function probe(port: number, origin: Origin): Promise<readonly string[]> {
  const dispatcher = new Agent({ connections: 100 })
  const url = (path: string): string => `http://127.0.0.1:${port}${path}`

  async function get(path: string, authorization = FIRST): Promise<Answer> {
    const { statusCode, body } = await request(url(path), {
      dispatcher,
      headers: { authorization, accept: 'application/json' },
    })
    const text = await body.text()
    try {
      const { version, for: credential } = JSON.parse(text) as { version: number; for: string }
      return { status: statusCode, version, credential }
    } catch {
      return { status: statusCode, version: undefined, credential: undefined }
    }
  }

  /** Returns the version that is acknowledged. */
  async function put(path: string): Promise<number> {
    const { statusCode, body } = await request(url(path), {
      dispatcher,
      method: 'PUT',
      headers: {
        authorization: FIRST,
        accept: 'application/json',
        'content-type': 'application/json',
      },
      body: '{"name":"new"}',
    })
    const text = await body.text()
    if (statusCode !== 202) throw new Error(`PUT ${path}: ${statusCode} ${text}`)
    return (JSON.parse(text) as { version: number }).version
  }

  const age = (answer: Answer, acknowledged: number): string =>
    answer.version === undefined
      ? String(answer.status)
      : answer.version >= acknowledged
        ? 'new'
        : 'old'

  async function coldCrowd(): Promise<string> {
    const release = origin.hold('/task/100/', 50)
    origin.calls()
    const all = Promise.all(Array.from({ length: 50 }, () => get('/task/100/')))
    // Long enough that all fifty have arrived, also on a busy machine.
    await wait(2_500)
    release()
    await all
    return String(origin.calls())
  }

  async function readWriteRead(read: string, written: string): Promise<string> {
    await get(read)
    const acknowledged = await put(written)
    return age(await get(read), acknowledged)
  }

  async function overtakenFill(path: string, when: 'after' | 'before'): Promise<string> {
    const release = origin.hold(path, 1)
    const first = get(path)
    await wait(100)
    const acknowledged = await put(path)
    if (when === 'before') {
      const second = get(path)
      await wait(400)
      release()
      await first
      return age(await second, acknowledged)
    }
    release()
    await first
    await wait(50)
    return age(await get(path), acknowledged)
  }

  async function expired(path: string, how: 'unavailable' | 'limit'): Promise<string> {
    await get(path)
    await wait(1_300)
    origin.fail('/milestone/', how)
    const { status } = await get(path)
    await wait(400)
    origin.calls()
    for (let again = 0; again < 10; again++) {
      await get(path)
      // The origin takes 20 ms: what was begun behind the last answer is over.
      await wait(60)
    }
    await wait(200)
    const calls = origin.calls()
    const answer = status === 200 ? 'stale' : status === 503 ? '503' : 'refused'
    if (how === 'unavailable') origin.fail('/milestone/', undefined)
    return `${answer}; ${calls}`
  }

  async function afterRefusal(): Promise<string> {
    origin.calls()
    await Promise.all(Array.from({ length: 10 }, (_, at) => get(`/milestone/${80 + at}/`)))
    return String(origin.calls())
  }

  async function otherCredential(): Promise<string> {
    origin.calls()
    await get('/task/9/')
    await get('/task/9/')
    const isStored = origin.calls() === 1
    const { credential } = await get('/task/9/', SECOND)
    if (credential === FIRST) return 'A’s body'
    return isStored ? 'isolated' : 'not stored'
  }

  try {
    return [
      await coldCrowd(),
      await readWriteRead('/task/2/', '/task/2/'),
      await overtakenFill('/task/3/', 'after'),
      await overtakenFill('/task/4/', 'before'),
      await readWriteRead('/task/', '/task/1/'),
      ...(await lastOnes()),
    ]
  } finally {
    await dispatcher.destroy()
  }

  /** In this order: what comes after the refusal is in its shadow. */
  async function lastOnes(): Promise<readonly string[]> {
    const isolated = await otherCredential()
    return [
      await expired('/milestone/6/', 'unavailable'),
      await expired('/milestone/7/', 'limit'),
      await afterRefusal(),
      isolated,
    ]
  }
}
