import t from 'tap'
import { invalidationScope, isWrite, type ResourceName } from '../../src/cache/index.js'
import { target } from './fixtures.js'

const ACCOUNT = { kind: 'account' }

function names(method: string, raw: string): readonly ResourceName[] {
  const scope = invalidationScope(method, target(raw))
  return scope?.kind === 'resources' ? scope.names : []
}

t.test('a safe method invalidates nothing', async (t) => {
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND']) {
    t.notOk(isWrite(method), method)
    for (const raw of ['/task', '/task/13', '/unknown']) {
      t.equal(invalidationScope(method, target(raw)), undefined, `${method} ${raw}`)
    }
  }
})

t.test('any other method is a write, of the collection as of the member', async (t) => {
  const expected = names('PUT', '/task/13/')
  t.ok(expected.includes('task'))
  for (const method of ['POST', 'PUT', 'PATCH', 'MERGE', 'PURGE', 'M-SEARCH', 'get']) {
    for (const raw of ['/task', '/task/', '/task/13', '/task/?id=13']) {
      t.same(names(method, raw), expected, `${method} ${raw}`)
    }
  }
})

t.test('what the table does not know touches the account', async (t) => {
  for (const raw of ['/', '/unknown', '/TASK/13', '/task/13/more', '/task/abc', '/__proto__']) {
    t.same(invalidationScope('POST', target(raw)), ACCOUNT, raw)
  }
})

t.test('deleting a client, a project or a person touches the account', async (t) => {
  for (const name of ['client', 'project', 'person']) {
    t.same(invalidationScope('DELETE', target(`/${name}/13/`)), ACCOUNT, name)
    t.not(invalidationScope('PUT', target(`/${name}/13/`))?.kind, 'account', name)
  }
})

t.test('what goes with a deleted row touches what it always touches', async (t) => {
  const deleted = names('DELETE', '/task/13/')
  t.ok(deleted.includes('time'), 'its time goes')
  t.ok(deleted.includes('project') && deleted.includes('invoiceitem'), 'and with it the sums')
  t.ok(names('DELETE', '/milestone/13/').includes('tasknote'), 'its tasks change, and note that')
  t.equal(new Set(deleted).size, deleted.length, 'each is named once')
  t.same(names('DELETE', '/time/13/'), names('PUT', '/time/13/'), 'time takes nothing along')
})
