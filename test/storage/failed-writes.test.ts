import { join } from 'node:path'
import t from 'tap'
import { isFailedCommit } from '../../src/storage/failed-commit.js'
import { assertRoom, hasRoom } from '../../src/storage/free-space.js'
import { within } from '../../src/storage/within.js'

t.test('room is looked for on the disk of the file', async (t) => {
  const file = join(t.testdir({}), 'a.mdb')
  t.ok(hasRoom(file))
  t.notOk(hasRoom(file, Number.MAX_SAFE_INTEGER))
  t.doesNotThrow(() => assertRoom(file))
  t.throws(() => assertRoom(join(file, 'not', 'there')), /a disk|make room/)
})

t.test('a commit is waited for with a bound, and its result passed on', async (t) => {
  await t.rejects(within(new Promise(() => {}), 5), /no commit within/)
  t.equal(await within(Promise.resolve(7), 1_000), 7)
  await t.rejects(within(Promise.reject(new Error('EIO')), 1_000), /EIO/)
})

t.test('errors of lmdb are told from all others', async (t) => {
  const commit = Object.assign(new Error('Commit failed'), { commitError: Promise.resolve() })
  const system = Object.assign(new Error('No space left on device'), { code: 28 })
  for (const error of [commit, system]) t.ok(isFailedCommit(error))
  const node = Object.assign(new Error('no'), { code: 'ENOSPC' })
  for (const error of [node, new TypeError('x'), 'text', undefined]) t.notOk(isFailedCommit(error))
})
