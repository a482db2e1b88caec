/** The one signature of everything between a request and its answer. */

import type { Answer } from './answer.js'
import type { ProxyRequest } from './request.js'

export type Handler<E> = (request: ProxyRequest) => Promise<Answer<E>>

/** Answers the request itself, or asks the next one and does something with the request or its answer. */
export type Layer<E> = (request: ProxyRequest, next: Handler<E>) => Promise<Answer<E>>

/** The first layer is asked first; `last` has nothing behind it. */
export function stack<E>(layers: readonly Layer<E>[], last: Handler<E>): Handler<E> {
  return layers.reduceRight<Handler<E>>((next, layer) => (request) => layer(request, next), last)
}
