/** The end: no new admissions, waiters are told, what is out finishes, then everything is closed. */

import type { FastifyInstance } from 'fastify'
import type { OpenResponses } from './edge/connections/open-responses.js'
import type { Services } from './services.js'

/** Beyond the longest that the upstream may take. */
const GRACE_MS = 2_000

/** Returns the way to ask whether the end has begun. */
export function drainOnClose(
  app: FastifyInstance,
  services: Services,
  open: OpenResponses,
): () => boolean {
  let isClosing = false

  app.addHook('preClose', async () => {
    // Before the wait, and in this hook: those of plugins run only when it is over.
    isClosing = true
    await services.stopAdmitting()
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, services.config.upstream.timeout + GRACE_MS)
    })
    // What is out under an idempotency key may have lost its consumer, but not its purpose.
    await Promise.race([Promise.all([open.untilNone(), services.keyBook.whenIdle()]), late])
    clearTimeout(timer)
  })

  app.addHook('onClose', () => services.close())
  return () => isClosing
}
