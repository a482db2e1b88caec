/** Keys that stand for one Intervals token are clients of their own: each has its turns in the queue. */
import t from 'tap'
import { createPrincipals } from '../../../src/cache/index.js'
import { identityOf } from '../../../src/server/authentication/authenticate.js'

t.test('the key is what turns go to, and the token where there is none', async (t) => {
  const principals = createPrincipals({ secret: () => Buffer.alloc(32, 7) })
  const caller = {
    name: 'report',
    account: 'default',
    authorization: 'Basic dG9rZW46WA==',
    rights: { read: 'all', write: 'all' },
    floorMs: 0,
    untilMs: Infinity,
  } as const
  const [report, export_] = ['report', 'export'].map((keyName) =>
    identityOf(principals, { ...caller, keyName }),
  )
  t.equal(report?.principal.id, export_?.principal.id, 'one token')
  t.not(report?.credential, export_?.credential, 'two credentials')
  const plain = identityOf(principals, caller)
  t.equal(plain.credential, plain.principal.id)
})
