// What every ledger promises, wherever it keeps its books. A new one is tested by one call.

import type { Test } from 'tap'
import { accountScope, NO_SHARES, WINDOW_SCOPE } from '../../../src/limits/index.js'
import type { Ledger, Permit, RefusalFound } from '../../../src/limits/index.js'
import { kindOf, ofAccount, permitOf, take } from '../setup.js'
import type { Limits } from '../setup.js'

export interface LedgerUnderTest {
  readonly ledger: Ledger
  /** From the answer to the moment at which the slot is free again. */
  readonly holdMs: number
  readonly lostMarginMs: number
  /** Lets so much time go by. */
  readonly pass: (ms: number) => Promise<void>
  /** Until it is true; of what is told behind its back a ledger may know a moment later. */
  readonly until: (condition: () => boolean, what: string) => Promise<void>
}

export type OpenLedger = (t: Test, limits?: Limits) => Promise<LedgerUnderTest>

const tooFast: RefusalFound = { reason: 'too-fast', scope: WINDOW_SCOPE, retryAfterMs: undefined }
const ofScope = (reason: RefusalFound['reason'], account = 'a'): RefusalFound => ({
  reason,
  scope: accountScope(account),
  retryAfterMs: undefined,
})
const usedOf = (ledger: Ledger, account = 'a'): number | undefined =>
  ledger.usage().days.find((day) => day.account === account)?.used

export function ledgerContract(t: Test, open: OpenLedger): void {
  t.test('as many as the window allows, and the next after the hold', async (t) => {
    const { ledger, holdMs, pass } = await open(t, { max: 3 })
    const permits = [await take(ledger), await take(ledger), await take(ledger)]
    t.equal(await kindOf(ledger), 'wait')
    await pass(holdMs)
    t.equal(await kindOf(ledger), 'wait', 'the hold begins with the answer')
    for (const permit of permits) ledger.settle(permit, 'answered')
    t.equal(await kindOf(ledger), 'wait')
    await pass(holdMs)
    for (let i = 0; i < 3; i++) t.equal(await kindOf(ledger), 'permitted')
    t.equal(await kindOf(ledger), 'wait')
  })

  t.test('without an answer a slot is held longer', async (t) => {
    const { ledger, holdMs, lostMarginMs, pass } = await open(t, { max: 1 })
    ledger.settle(await take(ledger), 'dead')
    await pass(holdMs)
    t.equal(await kindOf(ledger), 'wait')
    await pass(lostMarginMs)
    t.equal(await kindOf(ledger), 'permitted')
  })

  t.test('unsent gives everything back at once', async (t) => {
    const { ledger, until } = await open(t, { max: 1, dayMax: 1 })
    for (let i = 0; i < 5; i++) ledger.settle(await take(ledger), 'unsent')
    await until(() => ledger.usage().window.held === 0, 'the slot to be free')
    t.equal(usedOf(ledger), 0)
  })

  t.test('a permit is settled once', async (t) => {
    const { ledger } = await open(t)
    const permit = await take(ledger)
    ledger.settle(permit, 'answered')
    for (const again of ['answered', 'dead', 'unsent'] as const) {
      t.throws(() => ledger.settle(permit, again), TypeError)
    }
  })

  t.test('all limits together or not at all', async (t) => {
    const full = await open(t, { max: 1 })
    await take(full.ledger)
    t.equal(await kindOf(full.ledger), 'wait')
    t.equal(usedOf(full.ledger), 1, 'no slot: no charge to the day')
    const spent = await open(t, { dayMax: 1 })
    spent.ledger.settle(await take(spent.ledger), 'answered')
    t.equal(await kindOf(spent.ledger), 'day-spent')
    await spent.until(() => spent.ledger.usage().window.inFlight === 0, 'the end to be known')
    t.equal(spent.ledger.usage().window.held, 1, 'no day: no slot')
  })

  t.test('the day is per account, the window is not; the quota call has no day', async (t) => {
    const { ledger } = await open(t, { max: 4, dayMax: 1 })
    await take(ledger, 'a')
    t.equal(await kindOf(ledger, 'a'), 'day-spent')
    await take(ledger, 'b')
    t.equal(await kindOf(ledger, 'b'), 'day-spent')
    t.equal(await kindOf(ledger, 'a', false), 'permitted')
    t.equal(usedOf(ledger, 'a'), 1)
    t.equal(await kindOf(ledger, 'c'), 'permitted')
    t.equal(await kindOf(ledger, 'd'), 'wait')
  })

  t.test('the day is asked of the upstream before the first permit; it only raises', async (t) => {
    const { ledger, until } = await open(t, { max: 50, dayMax: 'auto' })
    const wanted: string[] = []
    ledger.onQuotaWanted((account) => wanted.push(account))
    t.equal(await kindOf(ledger), 'ask-quota')
    t.same(wanted, ['a'])
    ledger.quotaAnswer(ledger.quotaQuestion('a'), { max: 10, used: 8 })
    await until(() => usedOf(ledger) === 8, 'the reading')
    ledger.settle(await take(ledger), 'answered')
    ledger.settle(await take(ledger), 'answered')
    t.equal(await kindOf(ledger), 'day-spent')
    t.match(ledger.usage().days, [{ used: 10, max: 10, isUnknown: false }])
    ledger.quotaAnswer(ledger.quotaQuestion('a'), { max: 10, used: 1 })
    await until(() => usedOf(ledger) === 2, 'our own count, which stands')
  })

  t.test('a question without an answer: on with our own count after a while', async (t) => {
    const { ledger, until } = await open(t, { dayMax: 'auto' })
    t.equal(await kindOf(ledger), 'ask-quota')
    ledger.quotaAnswer(ledger.quotaQuestion('a'), undefined)
    await until(() => ledger.usage().days.length > 0, 'the end of the question')
    t.equal(await kindOf(ledger), 'permitted')
  })

  t.test('one pause for a burst of refusals, and one probe that ends it', async (t) => {
    const { ledger, holdMs, pass, until } = await open(t, { max: 20 })
    const burst: Permit[] = []
    for (let i = 0; i < 5; i++) burst.push(await take(ledger))
    const began = burst.map((permit) => {
      ledger.settle(permit, 'answered')
      return ledger.refused(tooFast)
    })
    t.equal(began.filter((pause) => pause !== undefined).length, 1)
    t.match(ledger.usage().pauses, [{ scope: WINDOW_SCOPE, reason: 'too-fast', strikes: 1 }])
    await until(
      () => ledger.usage().window.ceiling === 15,
      'a quarter less: somebody else is there',
    )
    t.match(await ledger.take(ofAccount('b')), { kind: 'paused', scope: WINDOW_SCOPE })
    t.equal(await kindOf(ledger, 'a', false), 'paused', '/quota/ leaves by the same address')
    t.match(ledger.peek(ofAccount('b')), { kind: 'paused', scope: WINDOW_SCOPE })
    await pass(holdMs)
    const probe = await take(ledger)
    t.match(await ledger.take(ofAccount('b')), { kind: 'paused', isProbed: true })
    ledger.settle(probe, 'answered')
    t.match(ledger.accepted(probe), [{ scope: WINDOW_SCOPE }])
    t.equal(await kindOf(ledger, 'b'), 'permitted')
    t.same(ledger.usage().pauses, [])
  })

  t.test('a refused probe doubles the pause', async (t) => {
    const { ledger, holdMs, pass } = await open(t, { max: 20 })
    ledger.refused(tooFast)
    await pass(holdMs)
    ledger.settle(await take(ledger), 'answered')
    t.match(ledger.refused(tooFast), { strikes: 2, durationMs: 2 * holdMs })
    await pass(holdMs)
    t.equal(await kindOf(ledger), 'paused')
  })

  t.test('a probe without an answer: another tries a second later', async (t) => {
    const { ledger, holdMs, pass } = await open(t, { max: 20 })
    ledger.refused(tooFast)
    await pass(holdMs)
    ledger.settle(await take(ledger), 'dead')
    t.equal(await kindOf(ledger), 'paused')
    await pass(1_000)
    t.equal(await kindOf(ledger), 'permitted')
    t.equal(await kindOf(ledger), 'paused', 'only one')
  })

  t.test('the day of one account: others go on, and so does /quota/', async (t) => {
    const { ledger } = await open(t, { max: 20 })
    t.ok(ledger.refused(ofScope('day-exceeded')))
    t.match(await ledger.take(ofAccount()), { kind: 'paused', scope: 'account:a' })
    t.equal(await kindOf(ledger, 'b'), 'permitted')
    const question = permitOf(await ledger.take(ofAccount('a', false)))
    ledger.settle(question, 'answered')
    t.same(ledger.accepted(question), [], 'and that ends nothing')
    t.equal(await kindOf(ledger), 'paused')
  })

  t.test('what only a person can end, a person ends', async (t) => {
    const { ledger } = await open(t, { max: 20 })
    t.match(ledger.refused(ofScope('suspended')), { untilMs: Infinity, durationMs: Infinity })
    t.match(await ledger.take(ofAccount()), { kind: 'paused', untilMs: Infinity })
    t.equal(ledger.resume(accountScope('b')), false)
    t.equal(ledger.resume(accountScope('a')), true)
    t.equal(await kindOf(ledger), 'permitted')
  })

  t.test('what is left of the day is kept for whom it was promised to', async (t) => {
    const consumers = new Map([['app', 0.5]])
    const sharesOf = () => ({ ...NO_SHARES, consumers })
    const { ledger } = await open(t, { max: 50, dayMax: 10, sharesOf })
    for (let i = 0; i < 5; i++) {
      const permit = permitOf(await ledger.take({ ...ofAccount(), consumer: 'report' }))
      ledger.settle(permit, 'answered')
    }
    t.equal((await ledger.take({ ...ofAccount(), consumer: 'report' })).kind, 'day-kept')
    t.equal((await ledger.take({ ...ofAccount(), consumer: 'app' })).kind, 'permitted')
    t.equal(ledger.shares('a')?.spent.get('report'), 5)
  })

  t.test('who spends is told, and what was given back unsent is told, too', async (t) => {
    const changes: string[] = []
    const { ledger } = await open(t, {
      onSpent: ({ consumer, resource }, change) =>
        changes.push(`${consumer} ${resource} ${change}`),
    })
    const request = { ...ofAccount(), consumer: 'app', resource: 'task' }
    ledger.settle(permitOf(await ledger.take(request)), 'unsent')
    ledger.settle(permitOf(await ledger.take(request)), 'answered')
    ledger.settle(permitOf(await ledger.take(ofAccount('a', false))), 'answered')
    t.same(changes, ['app task 1', 'app task -1', 'app task 1'])
  })

  t.test('listeners hear of a slot that comes back early', async (t) => {
    const { ledger, until } = await open(t, { max: 1 })
    let heard = 0
    const stop = ledger.onChange(() => heard++)
    const permit = await take(ledger)
    heard = 0
    ledger.settle(permit, 'unsent')
    await until(() => heard > 0, 'a word of it')
    stop()
  })

  t.test('a forecast is no earlier than the slot', async (t) => {
    const { ledger, holdMs, pass, until } = await open(t, { max: 2 })
    const [first, second] = [await take(ledger), await take(ledger)]
    ledger.settle(first, 'answered')
    ledger.settle(second, 'answered')
    await until(() => ledger.usage().window.inFlight === 0, 'the ends to be known')
    const forecastMs = ledger.forecast(1)
    t.equal(ledger.usage().window.releasesInMs.length, 2)
    await pass(holdMs)
    t.equal(await kindOf(ledger), 'permitted')
    t.ok(forecastMs > 0)
  })
}
