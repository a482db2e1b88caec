import t from 'tap'
import {
  createWindow,
  freeSlot,
  marginFor,
  nextFreeAt,
  nthFreeAt,
  roomOf,
  TYPICAL_FLIGHT_MS,
} from '../../src/limits/ledger/window.js'
import type { Slot, WindowState } from '../../src/limits/ledger/window.js'

const NOW = 10_000
const rules = { max: 3, windowMs: 1_000, marginMs: 10, lostMarginMs: 500 }
const HOLD = 1_010
const FLIGHT = TYPICAL_FLIGHT_MS

const out = (permit: number): Slot => ({ permit, freeAtMs: 0 })
const cooling = (leftMs: number): Slot => ({ permit: null, freeAtMs: NOW + leftMs })
const free: Slot = { permit: null, freeAtMs: 0 }
const state = (slots: readonly Slot[], ceiling = 3): WindowState => ({
  slots: slots.map((slot) => ({ ...slot })),
  ceiling,
})

/** As a ledger does it: the slot is held from now on. */
function takeSlot(window: WindowState, permit: number, nowMs: number): number | undefined {
  const slot = freeSlot(window, nowMs)
  if (slot !== undefined) window.slots[slot] = { permit, freeAtMs: 0 }
  return slot
}

t.test('the slot of the next request', async (t) => {
  const cases: readonly [string, readonly Slot[], number, number | undefined][] = [
    ['an empty window: the first', [], 3, 0],
    ['beside one that is out: the next', [out(1)], 3, 1],
    ['a slot that came back is used again', [out(1), free, out(3)], 3, 1],
    ['free at this very moment is free', [out(1), cooling(0), out(3)], 3, 1],
    ['a moment before is not', [out(1), cooling(0.001), out(3)], 3, undefined],
    ['all out', [out(1), out(2), out(3)], 3, undefined],
    ['lowered ceiling: full below max', [out(1), cooling(5)], 2, undefined],
    ['lowered ceiling: a free slot counts', [out(1), free, free], 2, 1],
    ['more slots than max, all cooling', [1, 2, 3, 4, 5].map(cooling), 3, undefined],
    ['more slots than max, three held', [cooling(1), free, cooling(2), free, out(9)], 3, undefined],
    ['more slots than max, two held', [cooling(1), free, free, free, out(9)], 3, 1],
    ['a ceiling of one', [cooling(1)], 1, undefined],
  ]
  for (const [name, slots, ceiling, expected] of cases) {
    const window = state(slots, ceiling)
    const before = roomOf(window, NOW).held
    t.equal(takeSlot(window, 77, NOW), expected, name)
    t.equal(roomOf(window, NOW).held, before + (expected === undefined ? 0 : 1), `${name}: held`)
  }
})

t.test('a slot is out, then cools, then is free', async (t) => {
  const window = createWindow({ ...rules, max: 1 })
  t.equal(takeSlot(window, 1, NOW), 0)
  t.equal(roomOf(window, NOW).inFlight, 1)
  t.equal(takeSlot(window, 2, NOW + 1e9), undefined, 'however long it is out')
  window.slots[0] = { permit: null, freeAtMs: NOW + HOLD }
  t.match(roomOf(window, NOW), { free: 0, held: 1, nextFreeAtMs: NOW + HOLD })
  t.equal(roomOf(window, NOW).inFlight, 0)
  t.equal(takeSlot(window, 2, NOW + HOLD - 1), undefined)
  t.equal(takeSlot(window, 2, NOW + HOLD), 0)
  t.equal(window.slots.length, 1)
  t.match(roomOf(createWindow(rules), NOW), { free: 3, held: 0, nextFreeAtMs: Infinity })
})

t.test('nextFreeAt', async (t) => {
  const cases: readonly [string, readonly Slot[], number, number | undefined][] = [
    ['the first to cool', [cooling(300), cooling(100), cooling(200)], 3, 100],
    ['all out: nobody knows', [out(1), out(2), out(3)], 3, undefined],
    ['one cools among those out', [out(1), cooling(50), out(3)], 3, 50],
    ['ceiling one lower: the second', [cooling(300), cooling(100), cooling(200)], 2, 200],
    ['ceiling two lower: the third', [cooling(300), cooling(100), cooling(200)], 1, 300],
    ['ceiling lower than what is out', [out(1), out(2), cooling(50)], 2, undefined],
    ['more slots than max', [5, 4, 3, 2, 1].map(cooling), 3, 3],
  ]
  for (const [name, slots, ceiling, expected] of cases) {
    const at = nextFreeAt(state(slots, ceiling), NOW)
    t.equal(at, expected === undefined ? undefined : NOW + expected, name)
    if (at === undefined) continue
    t.equal(takeSlot(state(slots, ceiling), 9, at - 1), undefined, `${name}: not before`)
    t.not(takeSlot(state(slots, ceiling), 9, at), undefined, `${name}: then`)
  }
})

t.test('nthFreeAt', async (t) => {
  const cases: readonly [string, readonly Slot[], number, readonly number[]][] = [
    ['idle: a windowful now, then rounds', [], 3, [0, 0, 0, HOLD + FLIGHT, HOLD + FLIGHT]],
    ['one cools', [cooling(200)], 3, [0, 0, 200, HOLD + FLIGHT]],
    ['all cool', [300, 100, 200].map(cooling), 3, [100, 200, 300, 100 + HOLD + FLIGHT]],
    ['out: after flight and hold', [out(1), out(2), out(3)], 3, [FLIGHT + HOLD]],
    ['ceiling lowered: the surplus brings none', [300, 100, 200].map(cooling), 2, [200, 300]],
    ['more slots than max', [5, 4, 3, 2, 1].map(cooling), 3, [3, 4, 5, 3 + HOLD + FLIGHT]],
  ]
  for (const [name, slots, ceiling, expected] of cases) {
    const found = expected.map(
      (_, index) =>
        nthFreeAt(state(slots, ceiling), {
          count: index + 1,
          nowMs: NOW,
          rules,
        }) - NOW,
    )
    t.same(found, expected, name)
  }
})

t.test('what is forecast of cooling slots is what then happens', async (t) => {
  const window = state([700, 150, 400].map(cooling))
  for (const count of [1, 2, 3]) {
    const at = nthFreeAt(window, { count, nowMs: NOW, rules })
    const before = state(window.slots)
    let taken = 0
    while (takeSlot(before, 100 + taken, at) !== undefined) taken++
    t.equal(taken, count)
  }
})

t.test('the margin covers clocks 500 ppm apart on both sides, and timers', async (t) => {
  for (const windowMs of [100, 1_000, 60_000, 3_600_000]) {
    t.ok(marginFor(windowMs) >= windowMs * 0.001 + 5, `${windowMs}`)
  }
})
