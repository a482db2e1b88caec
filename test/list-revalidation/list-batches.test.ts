import t from 'tap'
import { createSiblings } from '../../src/cache/index.js'
import { MAX_PRESUMED, MAX_SIBLINGS } from '../../src/list-revalidation/list-batches.js'

const MINUTE = 60_000
const asked = (ids: string, nowMs: number, place = 'place', siblings = createSiblings()) => {
  for (const [at, id] of ids.split('').entries()) siblings.asked(place, id, nowMs + at * 100)
  return siblings
}

t.test('what was asked for together the last time', async (t) => {
  const siblings = asked('abc', 0)
  asked('xy', 5 * MINUTE, 'place', siblings)
  asked('a', 10 * MINUTE, 'place', siblings)
  t.strictSame(siblings.together('place', 'a', 10 * MINUTE), ['b', 'c'])
  asked('b', 10 * MINUTE, 'place', siblings)
  t.strictSame(
    siblings.together('place', 'b', 10 * MINUTE).toSorted(),
    ['a', 'c'],
    'also of this round',
  )
  t.strictSame(siblings.together('place', 'x', 10 * MINUTE), [], 'asked for once only')
  t.strictSame(siblings.together('elsewhere', 'a', 10 * MINUTE), [])
})

t.test('what was left out the last time is left out', async (t) => {
  const siblings = asked('abc', 0)
  asked('ab', 10 * MINUTE, 'place', siblings)
  asked('a', 20 * MINUTE, 'place', siblings)
  t.strictSame(siblings.together('place', 'a', 20 * MINUTE), ['b'])
})

t.test('what a joint list is out for is in no other', async (t) => {
  const siblings = asked('abcd', 0)
  asked('ad', 10 * MINUTE, 'place', siblings)
  const joint: { ids: string[] } = { ids: ['a', 'b'] }
  siblings.begin('place', joint)
  t.equal(siblings.underWay('place', 'b'), joint)
  t.equal(siblings.underWay('place', 'd'), undefined)
  t.strictSame(siblings.together('place', 'd', 10 * MINUTE), ['c'])
  joint.ids = ['a']
  t.equal(siblings.underWay('place', 'b'), undefined, 'there was no room for it')
  siblings.ended('place', joint)
  t.equal(siblings.underWay('place', 'a'), undefined)
})

t.test('a place rests', async (t) => {
  const siblings = asked('ab', 0)
  asked('a', 10 * MINUTE, 'place', siblings)
  siblings.rest('place', 20 * MINUTE)
  t.strictSame(siblings.together('place', 'a', 20 * MINUTE - 1), [])
  t.strictSame(siblings.together('place', 'a', 20 * MINUTE), ['b'])
})

t.test('no more are remembered than one list can ask for', async (t) => {
  const siblings = createSiblings()
  for (const nowMs of [0, MINUTE]) {
    for (let id = 1; id <= 2 * MAX_SIBLINGS; id++) siblings.asked('place', String(id), nowMs)
  }
  siblings.asked('place', String(2 * MAX_SIBLINGS), 2 * MINUTE)
  t.equal(siblings.together('place', String(2 * MAX_SIBLINGS), MINUTE).length, MAX_SIBLINGS - 1)
})

t.test('what a joint list renews counts as asked for, a few times in a row', async (t) => {
  const siblings = asked('abc', 0)
  for (let round = 1; round <= MAX_PRESUMED + 2; round++) {
    const nowMs = round * 10 * MINUTE
    asked('ab', nowMs, 'place', siblings)
    const together = siblings.together('place', 'a', nowMs + 1_000)
    t.equal(together.includes('c'), round <= MAX_PRESUMED + 1, `round ${round}`)
    siblings.renewed('place', ['a', 'b', 'c', 'x'], nowMs + 1_000)
  }
  asked('c', 1_000 * MINUTE, 'place', siblings)
  asked('ab', 1_000 * MINUTE, 'place', siblings)
  siblings.renewed('place', ['c'], 1_001 * MINUTE)
  asked('a', 1_001 * MINUTE, 'place', siblings)
  t.ok(siblings.together('place', 'a', 1_001 * MINUTE).includes('c'), 'asked for again')
})
