/**
 * Asks `GET /quota/` when the ledger wants to know how the day stands: before the first request of an
 * account without history, when a count is uncertain at the limit, and now and then under traffic, because
 * other programs spend from the same day. It uses a credential of a request that passed, never one that was
 * refused, and the same call as every other request.
 */

import type { FastifyBaseLogger } from 'fastify'
import type { Principals } from '../../cache/index.js'
import {
  accountScope,
  MAX_QUOTA_BYTES,
  parseQuota,
  QUOTA_ASKER,
  QUOTA_TARGET,
} from '../../limits/index.js'
import type { Clock, Ledger, QuotaAnswer } from '../../limits/index.js'
import { ProblemError } from '../errors/problems.js'
import { bufferBody, discard } from '../pipeline/buffer-body.js'
import { AbandonedError } from '../pipeline/abandoned.js'
import { CallFailedError } from '../pipeline/upstream-call.js'
import type { CallUpstream, CredentialObserver } from '../pipeline/upstream-call.js'

export interface QuotaCheck extends CredentialObserver {
  close(): void
}

export interface QuotaCheckOptions {
  /** What an account may spend a day, as configured now; auto: what `/quota/` says. */
  readonly planOf: (account: string) => number | 'auto'
  readonly clock: Clock
  readonly ledger: Ledger
  readonly principals: Principals
  readonly call: CallUpstream
  readonly log: FastifyBaseLogger
}

/** How long a reading serves: at most 144 questions a day, and each takes a slot of the window. */
const INTERVAL_MS = 600_000
const CHECK_EVERY_MS = 5_000
const ASK_WITHIN_MS = 9_000
/** Some firewalls refuse requests without a User-Agent. */
const OWN_HEADERS = {
  accept: 'application/json',
  'accept-encoding': 'identity',
  'user-agent': 'intervals-proxy',
}

export function createQuotaCheck(options: QuotaCheckOptions): QuotaCheck {
  const { planOf, clock, ledger, principals, call, log } = options
  const credentials = new Map<string, string>()
  const asking = new Set<string>()
  const usedAtLastCheck = new Map<string, number>()
  /** Monotonic. A question without an answer counts, too. */
  const askedAtMs = new Map<string, number>()
  const closed = new AbortController()

  async function ask(account: string, priority: 'write' | 'background'): Promise<void> {
    if (asking.has(account) || closed.signal.aborted) return
    asking.add(account)
    let question = ledger.quotaQuestion(account)
    let answer: QuotaAnswer | undefined
    try {
      const authorization = credentials.get(account)
      if (authorization === undefined) return
      const principal = principals.of(authorization)
      const { status, body } = await call({
        client: {
          account,
          consumer: QUOTA_ASKER,
          credential: QUOTA_ASKER,
          principal,
          authorization,
        },
        method: 'GET',
        rawTarget: QUOTA_TARGET,
        resource: 'quota',
        isOwn: true,
        headers: { ...OWN_HEADERS, authorization },
        body: null,
        priority,
        deadlineMs: clock.monotonicMs() + ASK_WITHIN_MS,
        signal: closed.signal,
        trace: undefined,
        outcome: 'bypass',
        sending: {
          // Now, and not before the wait: calls that were sent meanwhile belong to the question.
          beforeSend: async () => {
            question = ledger.quotaQuestion(account)
            askedAtMs.set(account, clock.monotonicMs())
          },
        },
      })
      const buffered = await bufferBody(body, MAX_QUOTA_BYTES)
      if (buffered.kind === 'long') discard(buffered.body)
      else if (status === 200) answer = parseQuota(buffered.bytes.toString('utf8'))
      report(account, status, answer)
    } catch (error) {
      // Refused by the limits, or stopping: the question is asked again.
      if (error instanceof ProblemError || error instanceof AbandonedError) return
      const err = error instanceof CallFailedError ? error.problem : error
      log.warn({ err, account }, 'GET /quota/ failed; continuing with our own count')
    } finally {
      ledger.quotaAnswer(question, answer)
      if (answer !== undefined && answer.used < answer.max) resumeDay(account)
      asking.delete(account)
    }
  }

  /** Intervals refused the day, and says now that there is room: a larger plan, or a new day. */
  function resumeDay(account: string): void {
    const scope = accountScope(account)
    const { pauses } = ledger.usage()
    if (!pauses.some((one) => one.scope === scope && one.reason === 'day-exceeded')) return
    if (ledger.resume(scope))
      log.info({ account }, 'Intervals has calls left for this day: resumed')
  }

  const isOld = (account: string, readAtWallMs: number | undefined, skewMs: number): boolean => {
    if (clock.monotonicMs() - (askedAtMs.get(account) ?? -Infinity) < INTERVAL_MS) return false
    // A reading is dated by the upstream's clock. One from the future says that a clock has stepped.
    const ageMs = clock.wallMs() + skewMs - (readAtWallMs ?? -Infinity)
    return Math.abs(ageMs) >= INTERVAL_MS
  }

  function report(account: string, status: number, answer: QuotaAnswer | undefined): void {
    if (answer === undefined) {
      const text = 'GET /quota/ did not say how the day stands; continuing with our own count'
      log.warn({ account, status }, text)
    } else {
      log.info(
        { account, ...answer },
        `${answer.used} of ${answer.max} requests of this day are used`,
      )
    }
  }

  const stopListening = ledger.onQuotaWanted((account) => void ask(account, 'write'))
  const timer = setInterval(() => {
    const { days, pauses, skewMs = 0 } = ledger.usage()
    for (const { account, used, reserve, max, quotaReadAtWallMs, doubtful } of days) {
      const hasTraffic = used !== usedAtLastCheck.get(account)
      usedAtLastCheck.set(account, used)
      // Nothing is sent, but the plan may have been raised, or others use less than expected.
      const isSpent = used + reserve >= max
      const scope = accountScope(account)
      const isRefused = pauses.some((one) => one.scope === scope && one.reason === 'day-exceeded')
      const isOfUse = isRefused || (planOf(account) === 'auto' && (hasTraffic || isSpent))
      const isDue = isOfUse && isOld(account, quotaReadAtWallMs, skewMs)
      // After a crash the upstream knows what we do not, whatever the setting.
      if (isDue || (doubtful > 0 && hasTraffic)) void ask(account, 'background')
    }
  }, CHECK_EVERY_MS)
  timer.unref()

  return {
    offer({ account, authorization }) {
      if (authorization !== undefined && !credentials.has(account)) {
        credentials.set(account, authorization)
      }
    },
    answered({ account, authorization }, status) {
      if (authorization === undefined) return
      if (status < 400) credentials.set(account, authorization)
      else if (status === 401 && credentials.get(account) === authorization)
        credentials.delete(account)
    },
    close() {
      stopListening()
      clearInterval(timer)
      closed.abort()
    },
  }
}
