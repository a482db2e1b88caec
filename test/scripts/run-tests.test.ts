import t from 'tap'
import { choose } from '../../scripts/run-tests.js'

const FILES = ['test/a/b.full.ts', 'test/a/b.long.ts', 'test/a/b.test.ts', 'test/ab.test.ts']

t.test('which files run', async (t) => {
  t.strictSame(choose(FILES, [], 'test'), ['test/a/b.test.ts', 'test/ab.test.ts'])
  t.strictSame(choose(FILES, [], 'full'), ['test/a/b.full.ts'])
  t.strictSame(choose(FILES, ['./test/a/'], 'test'), ['test/a/b.test.ts'], 'a folder')
  t.strictSame(choose(FILES, ['test/a'], 'long'), ['test/a/b.long.ts'])
  const named = ['test/a/b.long.ts', 'test\\ab.test.ts']
  t.strictSame(choose(FILES, named, 'test'), ['test/a/b.long.ts', 'test/ab.test.ts'], 'files')
})

t.test('what names no test file is said, rather than nothing run', async (t) => {
  t.throws(() => choose(FILES, ['test/a', 'test/none.test.ts'], 'test'), /none\.test\.ts/u)
  t.throws(() => choose(FILES, ['test/a/'], 'none' as 'test'), /no test file/u)
})
