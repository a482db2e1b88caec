/** When `GET /quota/` is asked, in virtual time: the ledger is real, the call is not. */

import { Readable } from 'node:stream'
import { pino } from 'pino'
import t from 'tap'
import type { Test } from 'tap'
import { createPrincipals } from '../../../src/cache/index.js'
import { accountScope } from '../../../src/limits/index.js'
import type { RefusalFound } from '../../../src/limits/index.js'
import { createQuotaCheck } from '../../../src/server/budgets/quota-check.js'
import { ProblemError } from '../../../src/server/errors/problems.js'
import type { CallUpstream } from '../../../src/server/pipeline/upstream-call.js'
import { ledgerWith, ofAccount } from '../../limits/setup.js'
import { pass, virtualTime } from '../../limits/virtual-time.js'

const HOUR_MS = 3_600_000
const AUTHORIZATION = 'Basic YTpY'

function setUp(t: Test, { dayMax = 'auto' }: { readonly dayMax?: number | 'auto' } = {}) {
  virtualTime(t)
  // Noon: just after midnight, a refusal may speak of the day before.
  let aheadMs = 12 * HOUR_MS
  const clock = {
    bootId: 'boot-1',
    monotonicMs: () => performance.now(),
    wallMs: () => Date.now() + aheadMs,
  }
  const ledger = ledgerWith(clock, { max: 100, maxOf: () => dayMax })
  const quota = { max: 5, used: 0, asked: 0, userAgent: '' as unknown }
  const call = (async (request) => {
    quota.userAgent = request.headers['user-agent']
    const decision = await ledger.take(ofAccount('a', false))
    if (decision.kind !== 'permitted') throw new ProblemError('PAUSED', { retryAfterMs: 1_000 })
    await request.sending?.beforeSend?.({})
    quota.asked++
    ledger.settle(decision.permit, 'answered')
    ledger.accepted(decision.permit)
    const body = JSON.stringify({ quota: { quota: quota.max, used: quota.used } })
    return { status: 200, body: Readable.from([Buffer.from(body)]) }
  }) as CallUpstream
  const check = createQuotaCheck({
    planOf: () => dayMax,
    clock,
    ledger,
    principals: createPrincipals({ secret: () => Buffer.alloc(32, 7) }),
    call,
    log: pino({ level: 'silent' }),
  })
  t.teardown(() => check.close())
  const client = { account: 'a', consumer: 'c', authorization: AUTHORIZATION }
  check.offer(client as Parameters<typeof check.offer>[0])
  return {
    ledger,
    quota,
    stepWall: (ms: number) => (aheadMs += ms),
    /** Sends one request that is charged to the day; false: refused. */
    async send(): Promise<boolean> {
      const decision = await ledger.take(ofAccount())
      if (decision.kind !== 'permitted') return false
      quota.used++
      ledger.settle(decision.permit, 'answered')
      ledger.accepted(decision.permit)
      return true
    },
  }
}

const refusal = (reason: RefusalFound['reason']): RefusalFound => ({
  reason,
  scope: accountScope('a'),
  retryAfterMs: undefined,
})

t.test(
  'while the day is spent, /quota/ is asked every 10 minutes, and a larger plan counts',
  async (t) => {
    const { quota, send } = setUp(t)
    await send()
    await pass(1_000)
    while (await send());
    t.equal(quota.used, 5)
    t.equal(quota.userAgent, 'intervals-proxy', 'some firewalls refuse requests without one')
    const before = quota.asked
    await pass(2 * HOUR_MS)
    const often = quota.asked - before
    t.ok(often >= 11 && often <= 13, `${often} times in 2 hours`)
    quota.max = 50
    await pass(HOUR_MS / 6 + 10_000)
    t.ok(await send(), 'the larger plan is known')
  },
)

t.test(
  'after code 11, /quota/ ends the pause when it knows of room, for a plan by hand, too',
  async (t) => {
    for (const dayMax of ['auto', 100] as const) {
      await t.test(`limits.day.max: ${dayMax}`, async (t) => {
        const { ledger, quota, send } = setUp(t, { dayMax })
        await send()
        await pass(1_000)
        await send()
        quota.used = quota.max
        ledger.refused(refusal('day-exceeded'))
        await pass(HOUR_MS)
        t.notOk(await send(), 'no room yet')
        quota.max = 50
        await pass(HOUR_MS / 6 + 10_000)
        t.ok(await send())
      })
    }
  },
)

t.test('never while suspended, banned or unpaid; a resume asks at once', async (t) => {
  for (const reason of ['suspended', 'banned', 'unpaid'] as const) {
    await t.test(reason, async (t) => {
      const { ledger, quota, send } = setUp(t)
      await send()
      await pass(1_000)
      while (await send());
      ledger.refused(refusal(reason))
      const before = quota.asked
      await pass(24 * HOUR_MS)
      t.equal(quota.asked, before)
      ledger.resume(accountScope('a'))
      await pass(10)
      t.equal(quota.asked, before + 1)
    })
  }
})

t.test('a clock that steps neither stops the questions nor multiplies them', async (t) => {
  for (const hours of [-240, -1, 1, 240]) {
    await t.test(`${hours} hours`, async (t) => {
      const { quota, send, stepWall } = setUp(t)
      await send()
      await pass(1_000)
      while (await send());
      stepWall(hours * HOUR_MS)
      const before = quota.asked
      await pass(HOUR_MS)
      const often = quota.asked - before
      t.ok(often >= 5 && often <= 7, `${often} times in an hour`)
    })
  }
})
