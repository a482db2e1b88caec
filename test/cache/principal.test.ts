import { createHmac } from 'node:crypto'
import * as fc from 'fast-check'
import t from 'tap'
import { createPrincipals } from '../../src/cache/index.js'

const secret = Buffer.from('sixteen bytes or more')

function basic(credentials: string): string {
  return `Basic ${Buffer.from(credentials).toString('base64')}`
}

t.test('the password is no part of who it is', async (t) => {
  const principals = createPrincipals({ secret: () => secret })
  const { id } = principals.of(basic('9v8u7t6s5r4:X'))
  for (const header of [
    basic('9v8u7t6s5r4:'),
    basic('9v8u7t6s5r4:x:y'),
    basic('9v8u7t6s5r4:X').replace('Basic', 'bAsIc  '),
    `${basic('9v8u7t6s5r4:X')} `,
  ]) {
    t.equal(principals.of(header).id, id, header)
  }
})

t.test('everything else is', async (t) => {
  const principals = createPrincipals({ secret: () => secret })
  const headers = [
    undefined,
    'Basic',
    'Basic ',
    basic('token:X'),
    basic('TOKEN:X'),
    basic(' token:X'),
    basic('token'),
    basic(':token'),
    basic(':'),
    'Bearer token',
    `Bearer ${Buffer.from('token:X').toString('base64')}`,
    `${basic('token:X')}!`,
    `${basic('token:X')}, ${basic('other:X')}`,
    basic('\u00FF:X'),
    basic('\u00FE:X'),
  ]
  const ids = headers.map((header) => principals.of(header).id)
  t.equal(new Set(ids).size, headers.length)
  t.equal(principals.of('').id, principals.of(undefined).id, 'no header and an empty one')
})

t.test('the hash is keyed, and shows nothing of the token', async (t) => {
  const header = basic('9v8u7t6s5r4:X')
  const { id, shortHash } = createPrincipals({ secret: () => secret }).of(header)
  t.match(id, /^[0-9a-f]{64}$/u)
  t.equal(shortHash, id.slice(0, 8))
  t.equal(id, createHmac('sha256', secret).update('username\0').update('9v8u7t6s5r4').digest('hex'))
  t.not(createPrincipals({ secret: () => Buffer.alloc(16) }).of(header).id, id)
  t.throws(() => createPrincipals({ secret: () => new Uint8Array(15) }).of(header), TypeError)
})

t.test('a credential is hashed once, while it is remembered', async (t) => {
  const principals = createPrincipals({ secret: () => secret, maxCredentials: 2 })
  const first = principals.of(basic('a:X'))
  t.equal(principals.of(basic('a:X')), first, 'the same object')
  principals.of(basic('b:X'))
  principals.of(basic('c:X'))
  const again = principals.of(basic('a:X'))
  t.not(again, first, 'forgotten')
  t.same(again, first, 'and found to be the same')
})

t.test('a header too long to remember is not', async (t) => {
  const principals = createPrincipals({ secret: () => secret })
  const header = `Bearer ${'x'.repeat(600)}`
  t.not(principals.of(header), principals.of(header))
  t.same(principals.of(header), principals.of(header))
})

t.test('property: the same principal exactly for the same username', async () => {
  const principals = createPrincipals({ secret: () => secret })
  const username = fc
    .string({ unit: 'grapheme', minLength: 1 })
    .filter((name) => !name.includes(':'))
  fc.assert(
    fc.property(username, username, fc.string(), fc.string(), (a, b, passwordA, passwordB) => {
      const one = principals.of(basic(`${a}:${passwordA}`)).id
      const other = principals.of(basic(`${b}:${passwordB}`)).id
      return (one === other) === Buffer.from(a).equals(Buffer.from(b))
    }),
  )
})
