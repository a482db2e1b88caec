/** The ways through the proxy that every fault is tried on. */
import { ask, type Answer, type Ask } from '../client.js'
import type { HostileOptions } from './hostile-upstream.js'
import type { Fault } from './table.js'

export interface Way {
  readonly name: string
  readonly path: string
  readonly request: Ask
  readonly format: 'json' | 'xml'
  /** Whether the answer is read to its end before a byte of it is passed on. */
  readonly isBuffered: boolean
  /** An answer is stored before, and the request wants a newer one. */
  readonly hasStale?: boolean
}

const XML = { headers: { accept: 'application/xml' } }

const json = (name: string, path: string, more: Partial<Way> = {}): Way => ({
  name,
  path,
  request: {},
  format: 'json',
  isBuffered: false,
  ...more,
})

/** XML and HEAD go the way of a read or a write that is here too, so `npm test` leaves them out. */
export const OTHER_FORMATS = ['a cached read of XML', 'HEAD', 'a write in XML']

export const WAYS: readonly Way[] = [
  json('a cached read', '/client/', { isBuffered: true }),
  json('a cached read of XML', '/client/', { request: XML, format: 'xml', isBuffered: true }),
  json('a read with something stored', '/project/', { isBuffered: true, hasStale: true }),
  json('a read that is not cached', '/tasknote/'),
  json('HEAD', '/person/', { request: { method: 'HEAD' } }),
  json('a write', '/timer/', { request: { method: 'POST', body: '{"a":1}' } }),
  json('a write in XML', '/timer/', {
    request: { method: 'PUT', body: '<a/>', ...XML },
    format: 'xml',
  }),
]

export const targetOf = (way: Way, index: number): string =>
  `${way.path}?fault=${index}&way=${WAYS.indexOf(way)}`

export const requestIdOf = (way: Way, index: number): string =>
  `fault-${index}-${WAYS.indexOf(way)}`

/** Each target gets its fault once: the second time where something is to be stored before. */
export function planOf(faults: readonly Fault[]): HostileOptions['faultOf'] {
  return ({ target }, turn) => {
    const query = new URLSearchParams(target.split('?')[1])
    const turnOfFault = WAYS[Number(query.get('way'))]?.hasStale === true ? 2 : 1
    return turn === turnOfFault ? faults[Number(query.get('fault'))]?.play : undefined
  }
}

/** The request that meets the fault. */
export async function meetFault(port: number, way: Way, index: number): Promise<Answer | Error> {
  const { request, hasStale = false } = way
  const target = targetOf(way, index)
  if (hasStale) await ask(port, target, request)
  return ask(port, target, {
    ...request,
    headers: {
      ...request.headers,
      'x-request-id': requestIdOf(way, index),
      ...(hasStale && { 'cache-control': 'no-cache' }),
    },
  }).catch((error: Error) => error)
}

/** Requests out at once: enough that what waits for a timeout waits together. */
const AT_ONCE = 24

export async function inTurns<T>(
  items: readonly T[],
  work: (item: T) => Promise<void>,
  atOnce = AT_ONCE,
): Promise<void> {
  const left = [...items]
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item)
    }),
  )
}
