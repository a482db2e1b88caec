import * as fc from 'fast-check'
import t from 'tap'
import {
  createGenerations,
  RESOURCE_NAMES,
  type Generations,
  type InvalidationScope,
} from '../../src/cache/index.js'

const ALL: InvalidationScope = { kind: 'account' }
const TASK: InvalidationScope = { kind: 'resources', names: ['task'] }

t.test('a bump makes what was read before it old, and nothing else', async (t) => {
  const generations = createGenerations()
  const read = (['task', 'time'] as const).map((name) => generations.generation('one', name))
  generations.invalidate('two', ALL)
  t.ok(generations.isCurrent('one', 'task', read[0]!), 'another account is another matter')
  generations.invalidate('one', TASK)
  t.notOk(generations.isCurrent('one', 'task', read[0]!))
  t.ok(generations.isCurrent('one', 'time', read[1]!))
  generations.invalidate('one', ALL)
  t.notOk(generations.isCurrent('one', 'time', read[1]!))
})

t.test('what is read between the two bumps of a write is old after the second', async (t) => {
  const generations = createGenerations()
  generations.invalidate('one', TASK)
  const between = generations.generation('one', 'task')
  generations.invalidate('one', TASK)
  t.notOk(generations.isCurrent('one', 'task', between))
})

t.test('account names are names, whatever they are', async (t) => {
  const generations = createGenerations()
  for (const account of ['__proto__', 'constructor', '', 'é']) {
    const before = generations.generation(account, 'task')
    generations.invalidate(account, TASK)
    t.ok(generations.generation(account, 'task') > before, account)
  }
})

t.test('holds counters for no more accounts than it may', async (t) => {
  const generations = createGenerations({ maxAccounts: 3 })
  for (let i = 0; i < 1000; i++) generations.invalidate(`account ${i}`, TASK)
  t.equal(generations.size(), 3)
  t.equal(generations.snapshot().accounts.length, 3)
})

t.test('the account not written for longest loses its counters first', async (t) => {
  const generations = createGenerations({ maxAccounts: 2 })
  generations.invalidate('a', TASK)
  generations.invalidate('b', TASK)
  generations.invalidate('a', TASK)
  generations.invalidate('c', TASK)
  t.same(
    generations.snapshot().accounts.map(({ account }) => account),
    ['a', 'c'],
  )
})

t.test('refuses to hold none', async (t) => {
  t.throws(() => createGenerations({ maxAccounts: 0 }), TypeError)
  t.throws(() => createGenerations({ maxAccounts: 1.5 }), TypeError)
})

t.test('what is noted in a bump is enough to go on from', async (t) => {
  const journal: unknown[] = []
  const generations = createGenerations({
    onInvalidate: (raised, head) => journal.push({ raised, head }),
  })
  generations.invalidate('one', TASK)
  t.same(journal, [
    {
      raised: { account: 'one', floor: 0, resources: { task: 1 } },
      head: { latest: 1, floor: 0 },
    },
  ])
})

t.test('a note that cannot be written fails the bump on the safe side', async (t) => {
  const generations = createGenerations({
    onInvalidate: () => {
      throw new Error('disk full')
    },
  })
  const before = generations.generation('one', 'task')
  t.throws(() => generations.invalidate('one', TASK), /disk full/u)
  t.notOk(generations.isCurrent('one', 'task', before))
})

const account = fc.constantFrom('a', 'b', 'c', 'd')
const names = fc.uniqueArray(fc.constantFrom(...RESOURCE_NAMES), { minLength: 1, maxLength: 4 })
const scope: fc.Arbitrary<InvalidationScope> = fc.oneof(
  fc.constant(ALL),
  names.map((names) => ({ kind: 'resources' as const, names })),
)
const invalidations = fc.array(fc.tuple(account, scope), { minLength: 1, maxLength: 30 })

function readAll(generations: Generations): Map<string, number> {
  return new Map(
    ['a', 'b', 'c', 'd'].flatMap((account) =>
      RESOURCE_NAMES.map(
        (name) => [`${account}/${name}`, generations.generation(account, name)] as const,
      ),
    ),
  )
}

t.test('property: no generation falls, and every one that a bump includes rises', async () => {
  fc.assert(
    fc.property(
      invalidations,
      fc.integer({ min: 1, max: 5 }),
      fc.nat(30),
      (invalidations, maxAccounts, crash) => {
        let generations = createGenerations({ maxAccounts })
        let before = readAll(generations)
        for (const [i, [account, scope]] of invalidations.entries()) {
          generations.invalidate(account, scope)
          // A restart in the middle changes nothing.
          if (i === crash)
            generations = createGenerations({ maxAccounts, restored: generations.snapshot() })
          const after = readAll(generations)
          const included = scope.kind === 'account' ? RESOURCE_NAMES : scope.names
          for (const name of included) {
            const place = `${account}/${name}`
            if ((after.get(place) ?? 0) <= (before.get(place) ?? 0)) return false
          }
          for (const [place, generation] of after)
            if (generation < (before.get(place) ?? 0)) return false
          before = after
        }
        return true
      },
    ),
  )
})

t.test('property: without eviction a bump leaves alone what it does not include', async () => {
  fc.assert(
    fc.property(invalidations, (invalidations) => {
      const generations = createGenerations()
      for (const [account, scope] of invalidations) {
        const before = readAll(generations)
        generations.invalidate(account, scope)
        for (const [place, generation] of readAll(generations)) {
          const [owner, name] = place.split('/')
          const isIncluded =
            owner === account && (scope.kind === 'account' || scope.names.some((n) => n === name))
          if (!isIncluded && generation !== before.get(place)) return false
        }
      }
      return true
    }),
  )
})

t.test('restores into fewer places, with nothing current that was old', async (t) => {
  const generations = createGenerations()
  const old = generations.generation('a', 'task')
  for (const account of ['a', 'b', 'c']) generations.invalidate(account, TASK)
  const evictedBefore = generations.generation('a', 'task')
  const smaller = createGenerations({ maxAccounts: 1, restored: generations.snapshot() })
  t.equal(smaller.size(), 1)
  t.notOk(smaller.isCurrent('a', 'task', old))
  t.notOk(smaller.isCurrent('a', 'task', evictedBefore))
  t.ok(smaller.isCurrent('c', 'task', generations.generation('c', 'task')), 'the last one is kept')
})

t.test('goes on above whatever it is given, even if the head of it is missing', async (t) => {
  const accounts = [{ account: 'one', floor: 3, resources: { task: 5 } }]
  const generations = createGenerations({ restored: { latest: 0, floor: 0, accounts } })
  t.equal(generations.generation('one', 'task'), 5)
  t.equal(generations.generation('one', 'time'), 3)
  for (const account of ['one', 'two']) {
    generations.invalidate(account, TASK)
    t.ok(generations.generation(account, 'task') > 5, account)
  }
})
