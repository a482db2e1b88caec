/**
 * One POST of JSON per event, one after the other, with a few retries, in the background. An event that
 * cannot be delivered is logged and dropped; events that wait when the proxy stops are dropped.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { request } from 'undici'
import type { CorePorts } from '../../server/ports/features.js'
import type { StateEvent } from '../events.js'

export interface WebhookOptions {
  /** Read for each event, because a reload may change it. */
  readonly target: () => { readonly url?: string; readonly token?: string }
  readonly log: FastifyBaseLogger
  readonly wallMs: () => number
  /** Waits before each retry, milliseconds. */
  readonly backoffMs?: readonly number[]
  /** For one attempt, milliseconds. By default 10 s. */
  readonly timeoutMs?: number
}

export interface Webhook {
  send(event: StateEvent): void
  /** Events that wait, and the one that is being delivered. */
  size(): number
  close(): void
}

/** Every change of state goes to `notify.url`, but for purges. */
export function installWebhook(app: FastifyInstance, core: CorePorts): void {
  const webhook = createWebhook({
    target: () => core.config().notify,
    log: app.log,
    wallMs: () => core.clock.wallMs(),
  })
  const stopListening = core.events.subscribe((event) => {
    if (event.event !== 'purged') webhook.send(event)
  })
  app.addHook('onClose', async () => {
    stopListening()
    webhook.close()
  })
}

/** With more events than that, the oldest is dropped. */
export const MAX_WAITING = 100
const BACKOFF_MS = [1_000, 5_000, 30_000, 120_000]
const TIMEOUT_MS = 10_000

export function createWebhook(options: WebhookOptions): Webhook {
  const { target, log, wallMs, backoffMs = BACKOFF_MS, timeoutMs = TIMEOUT_MS } = options
  const waiting: string[] = []
  const closed = new AbortController()
  let isDelivering = false

  async function post(body: string): Promise<void> {
    const { url, token } = target()
    if (url === undefined) return
    const { statusCode, body: answer } = await request(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'intervals-proxy',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body,
      signal: AbortSignal.any([closed.signal, AbortSignal.timeout(timeoutMs)]),
    })
    await answer.dump({ limit: 65_536 })
    if (statusCode >= 300) throw new Error(`it answered ${statusCode}`)
  }

  async function deliver(body: string): Promise<void> {
    for (const waitMs of [...backoffMs, undefined]) {
      try {
        await post(body)
        return
      } catch (error) {
        if (closed.signal.aborted) return
        if (waitMs === undefined) {
          log.error({ err: error, event: body }, 'notify.url did not take the event; giving up')
          return
        }
        log.warn({ err: error }, `notify.url did not take the event; retry in ${waitMs / 1_000} s`)
        await sleep(waitMs, undefined, { signal: closed.signal, ref: false }).catch(() => {})
      }
    }
  }

  async function drain(): Promise<void> {
    if (isDelivering) return
    isDelivering = true
    for (let body = waiting[0]; body !== undefined && !closed.signal.aborted; body = waiting[0]) {
      await deliver(body)
      // Unless it was dropped meanwhile.
      if (waiting[0] === body) waiting.shift()
    }
    isDelivering = false
  }

  return {
    send(event) {
      if (closed.signal.aborted || target().url === undefined) return
      if (waiting.length >= MAX_WAITING) {
        waiting.shift()
        log.warn(`more than ${MAX_WAITING} events wait for notify.url; the oldest was dropped`)
      }
      waiting.push(JSON.stringify({ ...event, at: new Date(wallMs()).toISOString() }))
      void drain()
    },
    size: () => waiting.length,
    close() {
      closed.abort()
      waiting.length = 0
    },
  }
}
