/** One proxy per directory, on one machine and on several: a holder that is alive keeps it, a dead one does not. */
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { lockDirectory } from '../../../src/server/data-dir/directory-lock.js'
import type { LockOptions } from '../../../src/server/data-dir/directory-lock.js'
import { testClock } from '../build.js'

const clockOf = (bootId: string) => ({ ...testClock(), bootId })

/** A sign of life that another machine has left. */
const elsewhere = (beatMs: number): string =>
  JSON.stringify({ ...HOLDER, host: 'elsewhere', bootId: 'other-boot', beatMs })
const HOLDER = { pid: 77, startTicks: '1', pidNamespace: 'pid:[1]' }

async function lock(t: Test, path: string, options: Partial<LockOptions> = {}) {
  const held = await lockDirectory(path, { clock: clockOf('this-boot'), ...options })
  t.teardown(() => held.release())
  return held
}

t.test('a machine that is alive keeps the directory', async (t) => {
  const path = t.testdir({ 'owner.json': elsewhere(1) })
  const waits: string[] = []
  let beat = 1
  const timer = setInterval(() => writeFileSync(join(path, 'owner.json'), elsewhere(++beat)), 100)
  t.teardown(() => clearInterval(timer))
  const onWait = (text: string): void => void waits.push(text)
  await t.rejects(lock(t, path, { onWait }), {
    message: /in use by process 77 on elsewhere.*--data-dir/s,
  })
  t.match(waits, [/last used by process 77 on elsewhere.*waiting up to 75 s/])
})

t.test('a machine that gives no sign of life loses it', async (t) => {
  const path = t.testdir({ 'owner.json': elsewhere(1) })
  const held = await lock(t, path, { watchOtherHostMs: 600 })
  t.ok(held.isHeld())
  const file = join(path, 'owner.json')
  t.match(JSON.parse(readFileSync(file, 'utf8')), { host: hostname(), pid: process.pid })
})

t.test('what was released is free at once, on every machine', async (t) => {
  const path = t.testdir({})
  const first = await lockDirectory(path, { clock: clockOf('other-boot') })
  await first.release()
  const onWait = (text: string): void => void t.fail(text)
  t.ok((await lock(t, path, { onWait })).isHeld())
})

t.test('after a gap the file is read before anything is sent', async (t) => {
  const path = t.testdir({})
  const clock = clockOf('this-boot')
  let lost = 0
  const held = await lock(t, path, { clock, onLost: () => lost++ })
  const { size } = statSync(join(path, 'owner.json'))
  writeFileSync(join(path, 'owner.json'), elsewhere(1).padEnd(size))
  t.ok(held.isHeld(), 'a moment ago it was this one')
  clock.advance(80_000)
  t.notOk(held.isHeld())
  t.notOk(held.isHeld())
  t.equal(lost, 1)
})
