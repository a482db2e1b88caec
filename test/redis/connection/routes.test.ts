import t from 'tap'
import { agreedRoute, routeOf } from '../../../src/redis/connection/cluster-slots.js'

const ASKED = { host: 'asked', port: 1 }
/** As `CLUSTER SLOTS` answers, with a copy of the first. */
const slotsOf = (first: string) => [
  [0, 5460, [first, 6379, 'id'], ['copy', 6379, 'id']],
  [5461, 10922, ['two', 6379, 'id']],
  [10923, 16383, ['three', 6379, 'id']],
]
const before = routeOf(slotsOf('one'), ASKED)
const after = routeOf(slotsOf('copy'), ASKED)

t.test('a key has the master of its slot', async (t) => {
  t.strictSame(before.serverOf('{user1000}.following'), { host: 'one', port: 6379 })
  t.strictSame(after.serverOf('{user1000}.following'), { host: 'copy', port: 6379 })
  t.strictSame(before.serverOf('123456789'), { host: 'three', port: 6379 })
  t.equal(routeOf([], ASKED).serverOf('a'), undefined)
  t.not(before.text, after.text)
})

t.test('a node without a name is where it was asked', async (t) => {
  for (const name of [null, '', '?']) {
    t.strictSame(routeOf([[0, 16383, [name, 6379]]], ASKED).servers, [
      { host: 'asked', port: 6379 },
    ])
  }
})

t.test('most of the masters decide', async (t) => {
  const said = (...pairs: readonly (readonly [string, typeof before])[]) =>
    agreedRoute(new Map(pairs.map(([name, route]) => [`${name}:6379`, route])))?.text
  t.equal(said(['one', before], ['two', before], ['three', before]), before.text)
  t.equal(said(['one', before], ['copy', after], ['two', after], ['three', after]), after.text)
  t.equal(said(['one', before], ['copy', after], ['three', after]), after.text)
  t.equal(said(['one', before], ['two', after], ['three', after]), after.text)
})

t.test('one that was stopped and knows nothing of it is not believed, nor is a copy', async (t) => {
  const said = (...pairs: readonly (readonly [string, typeof before])[]) =>
    agreedRoute(new Map(pairs.map(([name, route]) => [`${name}:6379`, route])))
  t.equal(said(['one', before]), undefined)
  t.equal(said(['one', before], ['copy', before]), undefined)
  t.equal(said(['one', before], ['two', after]), undefined)
  t.equal(said(), undefined)
})
