import t from 'tap'
import { createMinuteWindow } from '../../src/simulator/rate-limits/minute-window.js'
import type { MinuteKind } from '../../src/simulator/index.js'

const bounds = { max: 3, windowMs: 60_000 }

/** Which of the times would have been let in, when only those let in are counted. */
function admitted(kind: MinuteKind, timesMs: readonly number[]): readonly number[] {
  const window = createMinuteWindow(kind, bounds)
  return timesMs.filter((atMs) => {
    if (!window.hasRoom(atMs)) return false
    window.count(atMs)
    return true
  })
}

t.test('sliding: never more than max in any 60 s, and 60 s apart is apart', async (t) => {
  t.same(
    admitted('sliding', [50, 60, 70, 80, 60_049, 60_050, 60_055, 60_060]),
    [50, 60, 70, 60_050, 60_060],
  )
})

t.test('fixed: twice max around the turn of the minute', async (t) => {
  t.same(
    admitted('fixed', [59_990, 59_991, 59_992, 59_993, 60_000, 60_001, 60_002, 60_003]),
    [59_990, 59_991, 59_992, 60_000, 60_001, 60_002],
  )
})

t.test('bucket: max at once, then one every window/max', async (t) => {
  t.same(
    admitted('bucket', [10, 11, 12, 13, 19_999, 20_010, 20_020, 40_010, 40_011]),
    [10, 11, 12, 20_010, 40_010],
  )
})

t.test('bucket: a flood of refused ones does not dig a hole', async (t) => {
  const window = createMinuteWindow('bucket', bounds)
  for (let at = 0; at < 1000; at += 1) window.count(5)
  t.notOk(window.hasRoom(20_000))
  t.ok(window.hasRoom(20_005))
})

t.test('unknown kinds throw', async (t) => {
  t.throws(() => createMinuteWindow('leaky' as MinuteKind, bounds), TypeError)
})
