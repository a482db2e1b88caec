/** Tells the two paths of a hit apart: Fastify never sees a request that takes the fast path. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { FastifyInstance } from 'fastify'

/** Published by Fastify for each instance when it is made. */
const INSTANCE_MADE = 'fastify.initialization'

export interface SlowPath {
  count(): number
  /** Asks, and says how many requests took the slow path for it. */
  during<T>(what: () => Promise<T>): Promise<{ answer: T; slow: number }>
}

/** Calls `build`, and counts the requests that reach Fastify in the instance that it makes at once. */
export function watchingSlowPath<Built>(build: () => Built): [Built, SlowPath] {
  let count = 0
  const onMade = (message: unknown): void => {
    const { fastify } = message as { readonly fastify: FastifyInstance }
    fastify.addHook('onRequest', (_request, _reply, done) => {
      count++
      done()
    })
  }
  subscribe(INSTANCE_MADE, onMade)
  try {
    return [build(), { count: () => count, during }]
  } finally {
    unsubscribe(INSTANCE_MADE, onMade)
  }

  async function during<T>(what: () => Promise<T>): Promise<{ answer: T; slow: number }> {
    const before = count
    const answer = await what()
    return { answer, slow: count - before }
  }
}
