import t from 'tap'
import type { Journal, SlotRecord } from '../../../src/limits/journal/journal.js'
import { STAMP_EVERY_MS, stampingJournal } from '../../../src/server/data-dir/stamping-journal.js'

const record = (endedAtMs: number | null): SlotRecord => ({
  bootId: null,
  wallMs: 0,
  endedAtMs,
  lost: false,
  account: 'agency',
  days: [],
})

function scene(): {
  order: string[]
  journal: Journal
  pass: (ms: number) => void
} {
  const order: string[] = []
  let nowMs = 0
  const inner = {
    putSlot: async () => void order.push('slot'),
    close: async () => void order.push('closed'),
  } as unknown as Journal
  const marker = { isRecent: () => false, touch: () => void order.push('mark') }
  const clock = { monotonicMs: () => nowMs, wallMs: () => nowMs, bootId: null }
  return {
    order,
    journal: stampingJournal(inner, marker, clock),
    pass: (ms) => (nowMs += ms),
  }
}

t.test(
  'the first request is marked before it is recorded, the next only after a while',
  async (t) => {
    const { order, journal, pass } = scene()
    await journal.putSlot(0, record(null))
    await journal.putSlot(0, record(1))
    pass(STAMP_EVERY_MS - 1)
    await journal.putSlot(0, record(null))
    t.strictSame(order, ['mark', 'slot', 'slot', 'slot'])
    pass(1)
    await journal.putSlot(0, record(2))
    t.strictSame(order.slice(4), ['mark', 'slot'])
    await journal.close()
  },
)

t.test('while a request is out, its mark is kept fresh; then no more', async (t) => {
  const ticks: (() => void)[] = []
  const realSetInterval = globalThis.setInterval
  t.teardown(() => (globalThis.setInterval = realSetInterval))
  globalThis.setInterval = (tick: () => void) => {
    ticks.push(tick)
    return realSetInterval(() => {}, 1e6)
  }
  const { order, journal } = scene()
  const [tick] = ticks
  tick?.()
  t.strictSame(order, [], 'nothing has left')
  await journal.putSlot(3, record(null))
  tick?.()
  t.strictSame(order, ['mark', 'slot', 'mark'])
  await journal.putSlot(3, record(5))
  tick?.()
  t.strictSame(order, ['mark', 'slot', 'mark', 'slot'])
  await journal.close()
})
