import * as fc from 'fast-check'
import t from 'tap'
import { cacheKey, createPrincipals, type CacheKeyParts } from '../../src/cache/index.js'
import { target } from './fixtures.js'

const principals = createPrincipals({ secret: () => Buffer.alloc(16, 1) })
const PARTS: CacheKeyParts = {
  account: 'main',
  principal: principals.of('Basic YTpY'),
  share: 'credential',
  format: 'json',
  target: target('/task?limit=1'),
}

t.test('is a list of the parts', async (t) => {
  const expected = ['main', PARTS.principal.id, 'json', '/task', ['limit=1']]
  t.same(JSON.parse(cacheKey(PARTS)), expected)
})

t.test('differs with every part', async (t) => {
  const keys = [
    cacheKey(PARTS),
    cacheKey({ ...PARTS, account: 'other' }),
    cacheKey({ ...PARTS, principal: principals.of('Basic YjpY') }),
    cacheKey({ ...PARTS, share: 'account' }),
    cacheKey({ ...PARTS, format: 'xml' }),
    cacheKey({ ...PARTS, format: 'absent' }),
    cacheKey({ ...PARTS, format: 'other:json' }),
    cacheKey({ ...PARTS, target: target('/task') }),
    cacheKey({ ...PARTS, target: target('/task?limit=1&limit=1') }),
    cacheKey({ ...PARTS, target: target('/task/1?limit=1') }),
  ]
  t.equal(new Set(keys).size, keys.length)
})

t.test('the form of the path that was sent leaves no trace', async (t) => {
  t.equal(cacheKey({ ...PARTS, target: target('/task/?limit=1') }), cacheKey(PARTS))
})

t.test('shared by an account, it does not depend on the credential', async (t) => {
  const principal = principals.of('Basic YjpY')
  t.equal(
    cacheKey({ ...PARTS, share: 'account', principal }),
    cacheKey({ ...PARTS, share: 'account' }),
  )
})

t.test('property: no text in one part can pass for another part', async () => {
  const text = fc.string({
    unit: fc.constantFrom('"', ',', '[', ']', '\\', 'a', '/'),
    maxLength: 6,
  })
  fc.assert(
    fc.property(fc.tuple(text, text), fc.tuple(text, text), (a, b) => {
      const [one, other] = [a, b].map(([account, accept]) =>
        cacheKey({ ...PARTS, account, format: `other:${accept}` }),
      )
      return (one === other) === (a[0] === b[0] && a[1] === b[1])
    }),
  )
})
