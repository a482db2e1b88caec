/**
 * The end of the process: no new calls, waiting requests get their answer, requests in flight finish, then
 * everything is closed.
 */

import type { FastifyInstance } from 'fastify'
import type { OpenResponses } from './edge/connections/open-responses.js'

/** Beyond the longest time that the upstream may take. */
const GRACE_MS = 2_000

export interface ShutdownSteps {
  readonly open: Pick<OpenResponses, 'untilNone'>
  readonly upstreamTimeoutMs: number
  /** Requests in the queue are refused, and no further ones are admitted. */
  readonly stopAdmitting: () => Promise<void>
  /** Work that goes on without its client: resolves when there is none. */
  readonly untilIdle: () => Promise<void>
  /** Closed in this order, one after the other. */
  readonly parts: readonly ({ close(): void | Promise<void> } | undefined)[]
}

/** Returns the way to ask whether the end has begun. */
export function shutdownOnClose(app: FastifyInstance, steps: ShutdownSteps): () => boolean {
  let isClosing = false

  app.addHook('preClose', async () => {
    // Before the wait, and in this hook: those of plugins run only when it is over.
    isClosing = true
    await steps.stopAdmitting()
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, steps.upstreamTimeoutMs + GRACE_MS)
    })
    await Promise.race([Promise.all([steps.open.untilNone(), steps.untilIdle()]), late])
    clearTimeout(timer)
  })

  app.addHook('onClose', async () => {
    for (const part of steps.parts) await part?.close()
  })
  return () => isClosing
}
