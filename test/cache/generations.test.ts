import * as fc from 'fast-check'
import t from 'tap'
import { createFence, RESOURCE_NAMES, type Fence, type TouchScope } from '../../src/cache/index.js'

const ALL: TouchScope = { kind: 'account' }
const TASK: TouchScope = { kind: 'resources', names: ['task'] }

t.test('a bump makes what was read before it old, and nothing else', async (t) => {
  const fence = createFence()
  const read = (['task', 'time'] as const).map((name) => fence.generation('one', name))
  fence.bump('two', ALL)
  t.ok(fence.isCurrent('one', 'task', read[0]!), 'another account is another matter')
  fence.bump('one', TASK)
  t.notOk(fence.isCurrent('one', 'task', read[0]!))
  t.ok(fence.isCurrent('one', 'time', read[1]!))
  fence.bump('one', ALL)
  t.notOk(fence.isCurrent('one', 'time', read[1]!))
})

t.test('what is read between the two bumps of a write is old after the second', async (t) => {
  const fence = createFence()
  fence.bump('one', TASK)
  const between = fence.generation('one', 'task')
  fence.bump('one', TASK)
  t.notOk(fence.isCurrent('one', 'task', between))
})

t.test('account names are names, whatever they are', async (t) => {
  const fence = createFence()
  for (const account of ['__proto__', 'constructor', '', 'é']) {
    const before = fence.generation(account, 'task')
    fence.bump(account, TASK)
    t.ok(fence.generation(account, 'task') > before, account)
  }
})

t.test('holds counters for no more accounts than it may', async (t) => {
  const fence = createFence({ maxAccounts: 3 })
  for (let i = 0; i < 1000; i++) fence.bump(`account ${i}`, TASK)
  t.equal(fence.size(), 3)
  t.equal(fence.snapshot().accounts.length, 3)
})

t.test('the account not written for longest loses its counters first', async (t) => {
  const fence = createFence({ maxAccounts: 2 })
  fence.bump('a', TASK)
  fence.bump('b', TASK)
  fence.bump('a', TASK)
  fence.bump('c', TASK)
  t.same(
    fence.snapshot().accounts.map(({ account }) => account),
    ['a', 'c'],
  )
})

t.test('refuses to hold none', async (t) => {
  t.throws(() => createFence({ maxAccounts: 0 }), TypeError)
  t.throws(() => createFence({ maxAccounts: 1.5 }), TypeError)
})

t.test('what is noted in a bump is enough to go on from', async (t) => {
  const journal: unknown[] = []
  const fence = createFence({ onBump: (bumped, head) => journal.push({ bumped, head }) })
  fence.bump('one', TASK)
  t.same(journal, [
    {
      bumped: { account: 'one', floor: 0, resources: { task: 1 } },
      head: { latest: 1, floor: 0 },
    },
  ])
})

t.test('a note that cannot be written fails the bump on the safe side', async (t) => {
  const fence = createFence({
    onBump: () => {
      throw new Error('disk full')
    },
  })
  const before = fence.generation('one', 'task')
  t.throws(() => fence.bump('one', TASK), /disk full/u)
  t.notOk(fence.isCurrent('one', 'task', before))
})

const account = fc.constantFrom('a', 'b', 'c', 'd')
const names = fc.uniqueArray(fc.constantFrom(...RESOURCE_NAMES), { minLength: 1, maxLength: 4 })
const scope: fc.Arbitrary<TouchScope> = fc.oneof(
  fc.constant(ALL),
  names.map((names) => ({ kind: 'resources' as const, names })),
)
const bumps = fc.array(fc.tuple(account, scope), { minLength: 1, maxLength: 30 })

function readAll(fence: Fence): Map<string, number> {
  return new Map(
    ['a', 'b', 'c', 'd'].flatMap((account) =>
      RESOURCE_NAMES.map(
        (name) => [`${account}/${name}`, fence.generation(account, name)] as const,
      ),
    ),
  )
}

t.test('property: no generation falls, and every one that a bump includes rises', async () => {
  fc.assert(
    fc.property(bumps, fc.integer({ min: 1, max: 5 }), fc.nat(30), (bumps, maxAccounts, crash) => {
      let fence = createFence({ maxAccounts })
      let before = readAll(fence)
      for (const [i, [account, scope]] of bumps.entries()) {
        fence.bump(account, scope)
        // A restart in the middle changes nothing.
        if (i === crash) fence = createFence({ maxAccounts, restored: fence.snapshot() })
        const after = readAll(fence)
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
    }),
  )
})

t.test('property: without eviction a bump leaves alone what it does not include', async () => {
  fc.assert(
    fc.property(bumps, (bumps) => {
      const fence = createFence()
      for (const [account, scope] of bumps) {
        const before = readAll(fence)
        fence.bump(account, scope)
        for (const [place, generation] of readAll(fence)) {
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
  const fence = createFence()
  const old = fence.generation('a', 'task')
  for (const account of ['a', 'b', 'c']) fence.bump(account, TASK)
  const evictedBefore = fence.generation('a', 'task')
  const smaller = createFence({ maxAccounts: 1, restored: fence.snapshot() })
  t.equal(smaller.size(), 1)
  t.notOk(smaller.isCurrent('a', 'task', old))
  t.notOk(smaller.isCurrent('a', 'task', evictedBefore))
  t.ok(smaller.isCurrent('c', 'task', fence.generation('c', 'task')), 'the last one is kept')
})

t.test('goes on above whatever it is given, even if the head of it is missing', async (t) => {
  const accounts = [{ account: 'one', floor: 3, resources: { task: 5 } }]
  const fence = createFence({ restored: { latest: 0, floor: 0, accounts } })
  t.equal(fence.generation('one', 'task'), 5)
  t.equal(fence.generation('one', 'time'), 3)
  for (const account of ['one', 'two']) {
    fence.bump(account, TASK)
    t.ok(fence.generation(account, 'task') > 5, account)
  }
})
