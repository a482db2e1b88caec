import t from 'tap'
import { createVaryFields, varyKey } from '../../src/cache/index.js'

t.test('fields are learnt for one resource, once each', async (t) => {
  const fields = createVaryFields()
  t.same(fields.of('task'), [])
  fields.learn('task', ['cookie', 'accept-language'])
  fields.learn('task', ['cookie'])
  t.same(fields.of('task'), ['accept-language', 'cookie'])
  t.same(fields.of('client'), [])
})

t.test('they have a bound', async (t) => {
  const fields = createVaryFields()
  fields.learn(
    'task',
    Array.from({ length: 8 }, (_, index) => `x-${index}`),
  )
  fields.learn('task', ['y'])
  t.equal(fields.of('task').length, 8)
  t.notOk(fields.of('task').includes('y'))
})

t.test('the key depends on these headers alone, and shows none of them', async (t) => {
  const of = (headers: Record<string, string>) => varyKey(['accept-language', 'cookie'], headers)
  t.equal(of({ cookie: 'a=secret', 'user-agent': 'x' }), of({ cookie: 'a=secret' }))
  const keys = [
    of({}),
    of({ cookie: '' }),
    of({ cookie: 'a=secret' }),
    of({ 'accept-language': 'a=secret' }),
    of({ 'accept-language': 'de', cookie: 'a=secret' }),
  ]
  t.equal(new Set(keys).size, keys.length)
  t.notMatch(keys.join(), /secret/)
})
