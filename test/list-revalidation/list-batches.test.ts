import t from 'tap'
import {
  createListBatches,
  MAX_BATCH_IDS,
  MAX_PRESUMED,
} from '../../src/list-revalidation/list-batches.js'

const MINUTE = 60_000
const requested = (ids: string, nowMs: number, place = 'place', batches = createListBatches()) => {
  for (const [at, id] of ids.split('').entries()) batches.requested(place, id, nowMs + at * 100)
  return batches
}

t.test('suggests the ids that were requested together the last time', async (t) => {
  const batches = requested('abc', 0)
  requested('xy', 5 * MINUTE, 'place', batches)
  requested('a', 10 * MINUTE, 'place', batches)
  t.strictSame(batches.requestedTogether('place', 'a', 10 * MINUTE), ['b', 'c'])
  requested('b', 10 * MINUTE, 'place', batches)
  t.strictSame(
    batches.requestedTogether('place', 'b', 10 * MINUTE).toSorted(),
    ['a', 'c'],
    'and in this round',
  )
  t.strictSame(batches.requestedTogether('place', 'x', 10 * MINUTE), [], 'requested once only')
  t.strictSame(batches.requestedTogether('elsewhere', 'a', 10 * MINUTE), [])
})

t.test('leaves out an id that was left out the last time', async (t) => {
  const batches = requested('abc', 0)
  requested('ab', 10 * MINUTE, 'place', batches)
  requested('a', 20 * MINUTE, 'place', batches)
  t.strictSame(batches.requestedTogether('place', 'a', 20 * MINUTE), ['b'])
})

t.test('an id of a running batch is in no other batch', async (t) => {
  const batches = requested('abcd', 0)
  requested('ad', 10 * MINUTE, 'place', batches)
  const batch: { ids: string[] } = { ids: ['a', 'b'] }
  batches.begin('place', batch)
  t.equal(batches.running('place', 'b'), batch)
  t.equal(batches.running('place', 'd'), undefined)
  t.strictSame(batches.requestedTogether('place', 'd', 10 * MINUTE), ['c'])
  batch.ids = ['a']
  t.equal(batches.running('place', 'b'), undefined, 'the batch had no room for it')
  batches.ended('place', batch)
  t.equal(batches.running('place', 'a'), undefined)
})

t.test('suggests nothing while the place is paused', async (t) => {
  const batches = requested('ab', 0)
  requested('a', 10 * MINUTE, 'place', batches)
  batches.pause('place', 20 * MINUTE)
  t.strictSame(batches.requestedTogether('place', 'a', 20 * MINUTE - 1), [])
  t.strictSame(batches.requestedTogether('place', 'a', 20 * MINUTE), ['b'])
})

t.test('remembers no more ids than one batch may have', async (t) => {
  const batches = createListBatches()
  for (const nowMs of [0, MINUTE]) {
    for (let id = 1; id <= 2 * MAX_BATCH_IDS; id++) batches.requested('place', String(id), nowMs)
  }
  batches.requested('place', String(2 * MAX_BATCH_IDS), 2 * MINUTE)
  t.equal(
    batches.requestedTogether('place', String(2 * MAX_BATCH_IDS), MINUTE).length,
    MAX_BATCH_IDS - 1,
  )
})

t.test('a list that a batch renews counts as requested, a few times in a row', async (t) => {
  const batches = requested('abc', 0)
  for (let round = 1; round <= MAX_PRESUMED + 2; round++) {
    const nowMs = round * 10 * MINUTE
    requested('ab', nowMs, 'place', batches)
    const together = batches.requestedTogether('place', 'a', nowMs + 1_000)
    t.equal(together.includes('c'), round <= MAX_PRESUMED + 1, `round ${round}`)
    batches.renewed('place', ['a', 'b', 'c', 'x'], nowMs + 1_000)
  }
  requested('c', 1_000 * MINUTE, 'place', batches)
  requested('ab', 1_000 * MINUTE, 'place', batches)
  batches.renewed('place', ['c'], 1_001 * MINUTE)
  requested('a', 1_001 * MINUTE, 'place', batches)
  t.ok(batches.requestedTogether('place', 'a', 1_001 * MINUTE).includes('c'), 'requested again')
})

t.test(
  'the more often a batch misses a list, the more of its requests go without one',
  async (t) => {
    const batches = createListBatches()
    const look = (nowMs: number): boolean => {
      for (const id of ['1', '2']) batches.requested('p', id, nowMs)
      return batches.requestedTogether('p', '1', nowMs).length > 0
    }
    look(0)
    const tried: number[] = []
    for (let n = 1; n <= 30; n++) {
      if (!look(n * 1_000)) continue
      tried.push(n)
      batches.missed('p', '1', n * 1_000)
    }
    t.strictSame(tried, [1, 5, 21])
    t.strictSame(
      batches.requestedTogether('p', '2', 31_000),
      ['1'],
      'the others are not kept from it',
    )
    batches.renewed('p', ['1'], 31_000)
    t.ok(look(32_000), 'one that was renewed has a clean record')
    batches.missed('unknown', '1', 0)
    t.strictSame(batches.requestedTogether('unknown', '1', 0), [])
  },
)
