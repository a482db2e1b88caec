import { readFileSync } from 'node:fs'
import t from 'tap'
import { choose, groupsOf } from '../../scripts/run-tests.js'

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

t.test(
  'files are dealt out to processes, and those that ask for it get one of their own',
  async (t) => {
    const together = Array.from({ length: 30 }, (_, n) => `test/scripts/many/${n}.test.ts`)
    const dir = t.testdir({
      'a.test.ts': '// Runs alone: it measures memory.\nimport t from "tap"\n',
      'b.test.ts': 'import t from "tap"\n// It says so: "Runs alone".\n',
    })
    const read = (file: string): string =>
      together.includes(file) ? '' : readFileSync(`${dir}/${file}`, 'utf8')
    const groups = groupsOf(['a.test.ts', 'b.test.ts', ...together], read)
    t.strictSame(groups[0], ['a.test.ts'])
    t.equal(groups.length, 4)
    t.strictSame(groups.flat().toSorted(), ['a.test.ts', 'b.test.ts', ...together].toSorted())
    t.ok(groups.every((files) => files.length <= 12))
    t.not(groups[1]?.[1], together[0], 'neighbours are apart')
  },
)
