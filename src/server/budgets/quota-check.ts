/**
 * Asks `GET /quota/` when the ledger wants to know how the day stands: before the first request of an
 * account without history, when a count is vague at the limit, and now and then under traffic, since
 * other programs spend from the same day. It asks with a credential that passed by, never with one
 * that was refused, through the same queue and ledger as everything else.
 */

import type { FastifyBaseLogger } from 'fastify'
import { MAX_QUOTA_BYTES, parseQuota, QUOTA_TARGET } from '../../limits/index.js'
import { DISPATCH_CONTEXT } from '../../upstream/index.js'
import type { AdmissionQueue, Clock, Ledger, Permit, QuotaAnswer } from '../../limits/index.js'
import type { UpstreamDispatcher } from '../../upstream/index.js'
import type { Config } from '../../config/schema.js'
import { wireTarget } from '../proxy/wire-target.js'

export interface QuotaAsker {
  /** A credential passes by; it is remembered if none is known for the account. */
  offer(account: string, authorization: string | undefined): void
  accepted(account: string, authorization: string | undefined): void
  refused(account: string, authorization: string | undefined): void
  close(): void
}

export interface QuotaAskerOptions {
  readonly config: Config
  /** What an account may spend a day, as configured now; auto: what `/quota/` says. */
  readonly planOf: (account: string) => number | 'auto'
  readonly clock: Clock
  readonly ledger: Ledger
  readonly queue: AdmissionQueue
  readonly upstream: UpstreamDispatcher
  readonly log: FastifyBaseLogger
}

/** The consumer that these calls are counted for: the proxy itself. */
export const QUOTA_ASKER = 'intervals-proxy'

/** How long a reading serves under traffic: 144 of these a day, and each takes a slot of the window. */
const INTERVAL_MS = 600_000
const CHECK_EVERY_MS = 5_000
const ASK_WITHIN_MS = 9_000

export function createQuotaAsker(options: QuotaAskerOptions): QuotaAsker {
  const { config, planOf, clock, ledger, queue, upstream, log } = options
  const credentials = new Map<string, string>()
  const asking = new Set<string>()
  const usedAtLastCheck = new Map<string, number>()
  const closed = new AbortController()

  async function ask(account: string, priority: 'write' | 'background'): Promise<void> {
    if (asking.has(account) || closed.signal.aborted) return
    asking.add(account)
    let question = ledger.quotaQuestion(account)
    let answer: QuotaAnswer | undefined
    let leave: Permit | undefined
    try {
      const authorization = credentials.get(account)
      if (authorization === undefined) return
      const admission = await queue.admit({
        account,
        consumer: QUOTA_ASKER,
        resource: 'quota',
        isOwn: true,
        priority,
        chargesDay: false,
        maxWaitMs: ASK_WITHIN_MS,
        signal: closed.signal,
      })
      if (admission.kind === 'refused') return
      // Now, and not before the wait: what left meanwhile belongs to the question.
      question = ledger.quotaQuestion(account)
      const { permit } = admission
      leave = permit
      const target = wireTarget(config.upstream.url, QUOTA_TARGET)
      const response = await upstream.dispatcher.request({
        origin: target.origin,
        path: target.path,
        method: 'GET',
        headers: {
          accept: 'application/json',
          'accept-encoding': 'identity',
          authorization,
          [DISPATCH_CONTEXT]: { permit, target: target.path, body: null },
        } as Record<string, string>,
      })
      if (response.statusCode === 401) credentials.delete(account)
      const text = await bounded(response.body)
      if (response.statusCode === 200) answer = parseQuota(text)
      if (answer === undefined) {
        log.warn(
          { account, status: response.statusCode },
          'GET /quota/ did not say how the day stands; going on with our own count',
        )
      } else {
        log.info(
          { account, ...answer },
          `${answer.used} of ${answer.max} requests of this day are used`,
        )
      }
    } catch (error) {
      log.warn({ err: error, account }, 'GET /quota/ failed; going on with our own count')
    } finally {
      if (leave !== undefined) upstream.giveBack(leave)
      asking.delete(account)
      ledger.quotaAnswer(question, answer)
    }
  }

  const stopListening = ledger.onQuotaWanted((account) => void ask(account, 'write'))
  const timer = setInterval(() => {
    for (const { account, used, quotaReadAtWallMs, doubtful } of ledger.usage().days) {
      const hasTraffic = used !== usedAtLastCheck.get(account)
      usedAtLastCheck.set(account, used)
      const isOld = clock.wallMs() - (quotaReadAtWallMs ?? 0) >= INTERVAL_MS
      const isDue = planOf(account) === 'auto' && hasTraffic && isOld
      // After a crash the upstream knows what we do not, whatever the setting.
      if (isDue || (doubtful > 0 && hasTraffic)) void ask(account, 'background')
    }
  }, CHECK_EVERY_MS)
  timer.unref()

  return {
    offer(account, authorization) {
      if (authorization !== undefined && !credentials.has(account)) {
        credentials.set(account, authorization)
      }
    },
    accepted(account, authorization) {
      if (authorization !== undefined) credentials.set(account, authorization)
    },
    refused(account, authorization) {
      if (credentials.get(account) === authorization) credentials.delete(account)
    },
    close() {
      stopListening()
      clearInterval(timer)
      closed.abort()
    },
  }
}

async function bounded(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > MAX_QUOTA_BYTES) break
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
