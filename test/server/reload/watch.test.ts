import { renameSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { watchFiles } from '../../../src/server/reload/watch.js'

t.test('written in place, renamed over, another target of a link, gone and back', async (t) => {
  const dir = t.testdir({ config: 'one', other: 'a target', link: t.fixture('symlink', 'other') })
  const [config, link] = [join(dir, 'config'), join(dir, 'link')]
  let changes = 0
  const watched = watchFiles({
    files: () => [config, link],
    changed: () => changes++,
    everyMs: 2 ** 30,
  })
  t.teardown(() => watched.close())
  const look = () => {
    watched.look()
    watched.look()
    watched.look()
  }
  look()
  t.equal(changes, 0)
  const steps: readonly (readonly [string, () => void])[] = [
    ['written', () => writeFileSync(config, 'longer than before')],
    [
      'renamed',
      () => {
        writeFileSync(join(dir, 'new'), 'longer than before')
        renameSync(join(dir, 'new'), config)
      },
    ],
    [
      'linked',
      () => {
        writeFileSync(join(dir, 'target'), 'a target')
        unlinkSync(link)
        symlinkSync('target', link)
      },
    ],
    ['gone', () => unlinkSync(config)],
    ['back', () => writeFileSync(config, 'again')],
  ]
  for (const [at, [what, step]] of steps.entries()) {
    step()
    look()
    t.equal(changes, at + 1, what)
  }
})

t.test('a file that is still being written is left alone', async (t) => {
  let content = 0
  let changes = 0
  const fingerprint = () => String(content)
  const watched = watchFiles({
    files: () => ['a'],
    changed: () => changes++,
    everyMs: 2 ** 30,
    fingerprint,
  })
  t.teardown(() => watched.close())
  for (let i = 0; i < 5; i++) {
    content++
    watched.look()
  }
  t.equal(changes, 0)
  watched.look()
  t.equal(changes, 1)
  watched.look()
  t.equal(changes, 1)
})
