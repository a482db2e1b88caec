import t from 'tap'
import type { Priority } from '../../src/limits/index.js'
import { queueWith, reasonOf } from './queue-setup.js'
import { pass } from './virtual-time.js'
import { realClock } from './real-clock.js'

/** More than the window lets through, without end. */
function crowdOf(
  admit: ReturnType<typeof queueWith>['admit'],
  { count, priority }: { count: number; priority: Priority },
) {
  const state = { isOver: false }
  const crowd = Array.from({ length: count }, async (_, i) => {
    while (!state.isOver) {
      const admission = await admit('crowd', { consumer: `crowd-${i}`, priority })
      if (admission.kind === 'refused') return
    }
  })
  return async () => {
    state.isOver = true
    await Promise.all(crowd)
  }
}

t.test('a background request is served although the interactive never stop', async (t) => {
  const { admit, queue } = queueWith(t, { max: 10, windowMs: 200, agingMs: 300 })
  const stop = crowdOf(admit, { count: 30, priority: 'interactive' })
  await pass(250)
  for (let i = 0; i < 3; i++) {
    const sinceMs = realClock.monotonicMs()
    const admission = await admit('b', { priority: 'background', consumer: 'me' })
    t.equal(reasonOf(admission), 'permitted')
    t.ok(realClock.monotonicMs() - sinceMs >= 300, 'and not before its time')
  }
  await queue.close()
  await stop()
})

t.test('each class gets on that often while writes use every slot', async (t) => {
  const { admit, many, queue, order } = queueWith(t, { max: 10, windowMs: 200, agingMs: 200 })
  const stop = crowdOf(admit, { count: 30, priority: 'write' })
  await pass(250)
  // As many as it takes: on a slow machine a turn takes longer, but the classes get theirs all the same.
  await Promise.all([
    many(3, 'b', { priority: 'background', consumer: 'me' }),
    many(3, 'n', { consumer: 'me' }),
  ])
  const writes = order.filter((one) => one === 'crowd').length
  t.ok(writes > 6, `${writes} writes beside 3 of each class`)
  await queue.close()
  await stop()
})
