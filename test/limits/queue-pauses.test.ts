import t from 'tap'
import { accountScope, WINDOW_SCOPE } from '../../src/limits/index.js'
import type { Ledger, Permit } from '../../src/limits/index.js'
import { queueWith, reasonOf, retryOf } from './queue-setup.js'
import { pass, timed } from './virtual-time.js'

const refuse = (ledger: Ledger, scope = WINDOW_SCOPE) =>
  ledger.refused({ reason: 'too-fast', scope, retryAfterMs: undefined })

t.test('who has the time waits for the end of a pause, the others are told at once', async (t) => {
  for (const scope of [WINDOW_SCOPE, accountScope('a')]) {
    const { ledger, admit } = queueWith(t, { max: 20, windowMs: 200 })
    refuse(ledger, scope)
    const leftMs = ledger.usage().pauses[0]?.leftMs ?? 0
    const patient = [1, 2, 3].map((i) => admit(`patient-${i}`, { maxWaitMs: 3_000 }))
    await pass(5)
    const { result: hasty, tookMs } = await timed(() =>
      Promise.all([1, 2, 3].map(() => admit('hasty', { maxWaitMs: leftMs / 2 }))),
    )
    t.same(hasty.map(reasonOf), Array(3).fill('paused'), `${scope}: behind the others as well`)
    t.equal(tookMs, 0)
    for (const one of hasty) t.ok(retryOf(one) > leftMs / 2 && retryOf(one) <= leftMs)
    await Promise.race(patient)
    ledger.resume(scope)
    t.same((await Promise.all(patient)).map(reasonOf), Array(3).fill('permitted'))
  }
})

t.test('a pause that begins while others wait: those who cannot outlast it are told', async (t) => {
  const { ledger, admit, fill } = queueWith(t, { max: 20, windowMs: 600 })
  await fill()
  const short = [1, 2].map(() => admit('short', { maxWaitMs: 1_000, consumer: 's' }))
  const long = admit('long', { maxWaitMs: 60_000, consumer: 'l' })
  await pass(10)
  ledger.pause({ scope: WINDOW_SCOPE, reason: 'by-hand', holdMs: 0, detail: '' })
  t.same((await Promise.all([...short, long])).map(reasonOf), Array(3).fill('paused'))
})

t.test('while one request tries, the others wait for what it brings', async (t) => {
  const { ledger, queue, admit } = queueWith(t, { max: 20, windowMs: 100 })
  refuse(ledger)
  await pass((ledger.usage().pauses[0]?.leftMs ?? 0) + 5)
  const ask = { account: 'a', consumer: 'p', priority: 'interactive', chargesDay: true } as const
  const probe = await queue.admit({ ...ask, maxWaitMs: 1_000 })
  if (probe.kind !== 'permitted') throw new Error('no probe')
  const waiting = [1, 2, 3].map((i) => admit(`w${i}`, { maxWaitMs: 2_000, consumer: `${i}` }))
  await pass(50)
  const { permit }: { permit: Permit } = probe
  ledger.settle(permit, 'answered')
  ledger.accepted(permit)
  t.same((await Promise.all(waiting)).map(reasonOf), Array(3).fill('permitted'))
})

t.test('what tries is refused again: those who waited are told', async (t) => {
  const { ledger, queue, admit } = queueWith(t, { max: 20, windowMs: 100 })
  refuse(ledger)
  await pass((ledger.usage().pauses[0]?.leftMs ?? 0) + 5)
  const ask = { account: 'a', consumer: 'p', priority: 'interactive', chargesDay: true } as const
  const probe = await queue.admit({ ...ask, maxWaitMs: 1_000 })
  if (probe.kind !== 'permitted') throw new Error('no probe')
  const waiting = [1, 2].map((i) => admit(`w${i}`, { maxWaitMs: 150, consumer: `${i}` }))
  await pass(20)
  ledger.settle(probe.permit, 'answered')
  refuse(ledger)
  t.same((await Promise.all(waiting)).map(reasonOf), Array(2).fill('paused'))
})

t.test('a paused account blocks no other', async (t) => {
  const { ledger, admit } = queueWith(t, { max: 20 })
  ledger.refused({ reason: 'suspended', scope: accountScope('a'), retryAfterMs: undefined })
  const [a, b] = await Promise.all([admit('a'), admit('b', { account: 'b' })])
  t.match(a, { kind: 'refused', reason: 'paused', retryAfterMs: Infinity })
  t.equal(b.kind, 'permitted')
})

t.test('waiting for /quota/ goes on as soon as it answered', async (t) => {
  const { ledger, admit } = queueWith(t, { dayMax: 'auto' })
  let asked = 0
  ledger.onQuotaWanted((account) => {
    if (asked++ > 0) return
    setTimeout(() => {
      ledger.quotaAnswer(ledger.quotaQuestion(account), { max: 100, used: 5 })
    }, 30)
  })
  const { result: admissions, tookMs } = await timed(() =>
    Promise.all([1, 2, 3].map((i) => admit(`x${i}`))),
  )
  t.same(admissions.map(reasonOf), Array(3).fill('permitted'))
  t.ok(tookMs >= 30 && tookMs <= 32, `${tookMs} ms`)
})
