/** What stands between the programs and the API: nothing, a cache with times only, or this proxy. */

import type { FastifyInstance } from 'fastify'
import { Agent, request } from 'undici'
import { RESOURCES } from '../../src/cache/resources/resources.js'
import type { ResourceName } from '../../src/cache/index.js'

export type Urgency = 'write' | 'interactive' | 'background'

export interface Ask {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly target: string
  readonly token: string
  /** Name of the program. */
  readonly consumer: string
  readonly urgency: Urgency
  readonly body?: string
}

export interface Answer {
  readonly status: number
  readonly body: string
  /** How many changes of the data there were when this was made. */
  readonly changes: number
  /** What a cache says about it (RFC 9211). */
  readonly cacheStatus?: string
}

export type Front = (ask: Ask) => Promise<Answer>

export const basic = (token: string): string =>
  `Basic ${Buffer.from(`${token}:X`).toString('base64')}`

const headersOf = ({ token, body }: Ask): Record<string, string> => ({
  accept: 'application/json',
  authorization: basic(token),
  ...(body !== undefined && { 'content-type': 'application/json' }),
})

export function directly(url: string): Front {
  const dispatcher = new Agent({ connections: 200 })
  return async (ask) => {
    const { statusCode, headers, body } = await request(url + ask.target.slice(1), {
      dispatcher,
      method: ask.method,
      headers: headersOf(ask),
      ...(ask.body !== undefined && { body: ask.body }),
    })
    const changes = Number(headers['simulator-changes'])
    return { status: statusCode, body: await body.text(), changes }
  }
}

/**
 * The fresh times of docs/resources.md times a factor; by token; nothing else: no write drops anything,
 * nobody waits for another's call, nothing is served past its time.
 */
export function ttlOnly(upstream: Front, { now, factor }: { now: () => number; factor: number }) {
  const stored = new Map<string, { answer: Answer; untilMs: number }>()
  const front: Front = async (ask) => {
    if (ask.method !== 'GET') return upstream(ask)
    const key = `${ask.token} ${ask.target}`
    const found = stored.get(key)
    if (found !== undefined && found.untilMs > now()) return found.answer
    const sentMs = now()
    const answer = await upstream(ask)
    const resource = resourceOf(ask.target)
    const ttlMs = (RESOURCES[resource as ResourceName]?.ttlMs ?? 0) * factor
    if (answer.status === 200 && ttlMs > 0) stored.set(key, { answer, untilMs: sentMs + ttlMs })
    return answer
  }
  return front
}

export const resourceOf = (target: string): string => /^\/(\w+)/.exec(target)?.[1] ?? ''

export function throughProxy(app: FastifyInstance): Front {
  return async (ask) => {
    const response = await app.inject({
      method: ask.method,
      url: ask.target,
      headers: {
        ...headersOf(ask),
        'intervals-proxy-consumer': ask.consumer,
        'intervals-proxy-priority': ask.urgency,
      },
      ...(ask.body !== undefined && { payload: ask.body }),
    })
    return {
      status: response.statusCode,
      body: response.body,
      changes: Number(response.headers['simulator-changes']),
      cacheStatus: String(response.headers['cache-status'] ?? ''),
    }
  }
}
