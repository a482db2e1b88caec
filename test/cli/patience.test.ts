import FakeTimers from '@sinonjs/fake-timers'
import t from 'tap'
import { waitFor } from '../../src/cli/display/progress-notice.js'

t.test('what takes over two seconds says so each second, and clears that', async (t) => {
  const clock = FakeTimers.install({
    toFake: ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval'],
  })
  t.teardown(() => clock.uninstall())
  const notes: string[] = []
  let finish = (_text: string): void => {}
  const work = new Promise<string>((resolve) => (finish = resolve))
  const waited = waitFor({ note: (line) => notes.push(line) }, 'waiting for Redis', work)
  clock.tick(1_999)
  t.strictSame(notes, [])
  clock.tick(1)
  clock.tick(1_000)
  t.strictSame(notes, ['waiting for Redis: 2 s', 'waiting for Redis: 3 s'])
  finish('done')
  t.equal(await waited, 'done')
  t.equal(notes.at(-1), '')
  t.equal(clock.countTimers(), 0)
})

t.test('what is quick, or fails at once, says nothing', async (t) => {
  const notes: string[] = []
  const note = (line: string): void => void notes.push(line)
  t.equal(await waitFor({ note }, 'waiting', Promise.resolve(1)), 1)
  await t.rejects(waitFor({ note }, 'waiting', Promise.reject(new Error('broken'))), /broken/u)
  t.equal(await waitFor({}, 'waiting', Promise.resolve(2)), 2, 'nobody looks')
  t.strictSame(notes, [])
})
