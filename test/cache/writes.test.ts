// What a write outdates stays outdated over a crash, whichever of its two bumps the crash took.

import t from 'tap'
import { createWrites, invalidationScope } from '../../src/cache/index.js'
import type { DiskGenerations } from '../../src/cache/invalidation/disk-generations.js'
import { open, startDiskProcess, temporaryFile } from './disk-setup.js'
import { storedResponse, target } from './fixtures.js'

const scope = (method: string, path: string) => {
  const found = invalidationScope(method, target(path))
  if (found === undefined) throw new Error('no write')
  return found
}
const TASK = scope('PUT', '/task/13/')

t.test(
  'the end of a write invalidates what it touches, and a second end does nothing',
  async (t) => {
    const { generations, begin } = createWrites()
    const generation = () => generations.generation('main', 'task')
    const before = generation()
    const write = await begin('main', TASK)
    t.equal(generation(), before, 'until then, older answers may be served')
    void write.end(true)
    const after = generation()
    t.ok(after > before)
    void write.end(true)
    t.equal(generation(), after)
    t.equal(generations.generation('main', 'group'), 0, 'what it does not touch stays')
    t.equal(generations.generation('other', 'task'), 0)
  },
)

t.test('a write that certainly had no effect invalidates nothing', async (t) => {
  const { generations, begin } = createWrites()
  await (await begin('main', TASK)).end(false)
  t.equal(generations.generation('main', 'task'), 0)
})

t.test('a write whose begin cannot be written is not sent, and invalidates nothing', async (t) => {
  const ended: number[] = []
  const disk: DiskGenerations = {
    load: () => ({ snapshot: { latest: 0, floor: 0, accounts: [] }, unfinished: [] }),
    save() {},
    begin: () => Promise.reject(new Error('disk full')),
    end(id) {
      ended.push(id)
      return undefined
    },
    close() {},
  }
  const { generations, begin } = createWrites(disk)
  await t.rejects(begin('main', TASK), { message: 'disk full' })
  t.equal(ended.length, 1)
  t.equal(generations.generation('main', 'task'), 0)
})

t.test('what has begun survives kill -9; what had ended is not begun again', async (t) => {
  const path = temporaryFile(t)
  const highest = new Map<string, number>()
  let begun = 0
  for (let kill = 0; kill < 6; kill++) {
    const { child, messages, said, ended } = startDiskProcess(t, 'write', path)
    await said(3 + kill * 5)
    child.kill('SIGKILL')
    await ended
    for (const message of messages as { account: string; generation: number }[]) {
      highest.set(message.account, Math.max(message.generation, highest.get(message.account) ?? 0))
    }
    begun += messages.length
    const disk = open(t, path)
    const { unfinished } = disk.generations.load()
    // Every other one ended; the last end, and one begin that was not told of, may be on disk or not.
    const open_ = Math.ceil(messages.length / 2)
    t.ok(
      unfinished.length >= open_ && unfinished.length <= open_ + 2,
      `${unfinished.length} unfinished of ${messages.length}`,
    )
    const { generations } = createWrites(disk.generations)
    for (const [account, generation] of highest) {
      t.ok(generations.generation(account, 'task') >= generation, `${account} is not behind`)
      highest.set(account, generations.generation(account, 'task'))
    }
    await disk.close()
    const again = open(t, path)
    t.same(again.generations.load().unfinished, [], 'each is finished by the next start')
    await again.close()
  }
  t.comment(`${begun} writes begun, 6 kills`)
})

t.test(
  'an unfinished write outdates once more at the next start, a finished one does not',
  async (t) => {
    const path = temporaryFile(t)
    const first = open(t, path)
    const before = createWrites(first.generations)
    await before.begin('main', TASK)
    const done = await before.begin('other', scope('PUT', '/client/1/'))
    done.end(true)
    const [task, client] = [
      before.generations.generation('main', 'task'),
      before.generations.generation('other', 'client'),
    ]
    await first.close()

    const second = open(t, path)
    const after = createWrites(second.generations)
    t.ok(after.generations.generation('main', 'task') > task)
    t.equal(after.generations.generation('other', 'client'), client)
    const raised = after.generations.generation('main', 'task')
    await second.close()

    const third = open(t, path)
    t.teardown(() => third.close())
    t.equal(
      createWrites(third.generations).generations.generation('main', 'task'),
      raised,
      'once is enough',
    )
  },
)

t.test('writes of a later process are told apart from those before it', async (t) => {
  const path = temporaryFile(t)
  for (let start = 0; start < 4; start++) {
    const disk = open(t, path)
    const ids = disk.generations.load().unfinished.map(({ id }) => id)
    t.equal(new Set(ids).size, ids.length)
    t.equal(ids.length, start === 0 ? 0 : 2)
    const { begin } = createWrites(disk.generations)
    const [one] = [await begin('a', TASK), await begin('b', TASK), await begin('c', TASK)]
    one.end(true)
    await disk.close()
  }
})

t.test('an answer that only a lost end would have outdated is not served after it', async (t) => {
  const path = temporaryFile(t)
  const first = open(t, path)
  const before = createWrites(first.generations)
  await before.begin('main', TASK)
  // Read while the write was out, before the upstream had carried it out.
  const generation = before.generations.generation('main', 'task')
  await first.store.set('old', storedResponse({ generation }))
  await first.store.set('group', storedResponse({ resource: 'group', generation: 0 }))
  // The write ends and is acknowledged, and nothing of that reaches the disk.
  await first.close()

  const second = open(t, path)
  t.teardown(() => second.close())
  const { generations } = createWrites(second.generations)
  const old = await second.store.get('old')
  t.equal(old?.generation, generation, 'it is still there')
  t.notOk(generations.isCurrent('main', 'task', generation), 'and not current')
  t.ok(generations.isCurrent('main', 'group', 0), 'what the write did not touch is')
  const next = generations.generation('main', 'task')
  await second.store.set('new', storedResponse({ generation: next }))
  t.ok(generations.isCurrent('main', 'task', next))
})

t.test('no generation is given out twice, whatever a crash took', async (t) => {
  const path = temporaryFile(t)
  let last = -1
  for (let start = 0; start < 5; start++) {
    const disk = open(t, path)
    const { generations, begin } = createWrites(disk.generations)
    t.ok(generations.generation('main', 'task') > last, `start ${start}`)
    for (let i = 0; i < 3; i++) {
      const before = generations.generation('main', 'task')
      const write = await begin('main', i === 1 ? { kind: 'account' } : TASK)
      if (i === 2) continue
      void write.end(true)
      t.ok(generations.generation('main', 'task') > before)
    }
    last = generations.generation('main', 'task')
    await disk.close()
  }
})

t.test('an account that lost its counters in memory is safe after a start', async (t) => {
  const path = temporaryFile(t)
  const first = open(t, path)
  const { generations, begin } = createWrites(first.generations)
  for (let i = 0; i < 20; i++) (await begin(`account ${i}`, TASK)).end(true)
  const snapshot = generations.snapshot()
  await first.close()
  const second = open(t, path)
  t.teardown(() => second.close())
  const loaded = second.generations.load().snapshot
  t.equal(loaded.latest, snapshot.latest)
  t.same(
    new Map(loaded.accounts.map((one) => [one.account, one])),
    new Map(snapshot.accounts.map((one) => [one.account, one])),
  )
})

function settleOf(settleMs: number) {
  const time = { nowMs: 0 }
  const timers = new Set<{ readonly run: () => void; readonly atMs: number }>()
  return {
    time,
    timers,
    options: {
      settleMs,
      monotonicMs: () => time.nowMs,
      startTimer(run: () => void, afterMs: number) {
        const timer = { run, atMs: time.nowMs + afterMs }
        timers.add(timer)
        return () => timers.delete(timer)
      },
    },
    fire() {
      for (const timer of timers) {
        if (timer.atMs > time.nowMs) continue
        timers.delete(timer)
        timer.run()
      }
    },
  }
}

t.test(
  'what is fetched soon after a write is valid until the settle time has passed',
  async (t) => {
    const { time, options } = settleOf(2_000)
    const { generations, begin } = createWrites(undefined, options)
    const first = await begin('main', TASK)
    await first.end(true)
    time.nowMs = 500
    const second = await begin('main', TASK)
    await second.end(true)
    const fetched = generations.generation('main', 'task')
    const untouched = generations.generation('main', 'group')
    time.nowMs = 1_999
    t.ok(generations.isCurrent('main', 'task', fetched))
    time.nowMs = 2_000
    t.notOk(generations.isCurrent('main', 'task', fetched), 'the first write has settled')
    const later = generations.generation('main', 'task')
    time.nowMs = 2_500
    t.notOk(generations.isCurrent('main', 'task', later), 'and the second')
    t.ok(generations.isCurrent('main', 'group', untouched))
    const last = generations.generation('main', 'task')
    time.nowMs = 1e9
    t.ok(generations.isCurrent('main', 'task', last), 'and nothing after that')
  },
)

t.test('a timer invalidates for readers on disk, and is cancelled by close', async (t) => {
  const { time, timers, options, fire } = settleOf(2_000)
  const noted: string[] = []
  const disk: DiskGenerations = {
    load: () => ({ snapshot: { latest: 0, floor: 0, accounts: [] }, unfinished: [] }),
    save: () => void noted.push('save'),
    begin: async (id) => void noted.push(`begin ${id}`),
    end: (id) => void noted.push(`end ${id}`),
    close() {},
  }
  const writes = createWrites(disk, options)
  const write = await writes.begin('main', TASK)
  await write.end(true)
  t.equal(timers.size, 1)
  noted.length = 0
  time.nowMs = 2_000
  fire()
  t.same(noted, ['save', 'end 2'])
  t.equal(timers.size, 0)
  const another = await writes.begin('main', TASK)
  await another.end(true)
  writes.close()
  t.equal(timers.size, 0)
})

t.test(
  'a crash within the settle time invalidates at the next start, and settles again',
  async (t) => {
    const path = temporaryFile(t)
    const before = settleOf(2_000)
    const first = open(t, path)
    const { begin, generations: crashed } = createWrites(first.generations, before.options)
    const write = await begin('main', TASK)
    await write.end(true)
    const fetched = crashed.generation('main', 'task')
    await first.close()

    const { time, options } = settleOf(2_000)
    const second = open(t, path)
    t.teardown(() => second.close())
    const { generations } = createWrites(second.generations, options)
    t.notOk(generations.isCurrent('main', 'task', fetched))
    const again = generations.generation('main', 'task')
    time.nowMs = 2_000
    t.notOk(generations.isCurrent('main', 'task', again))
  },
)

t.test('a write that changed nothing does not settle', async (t) => {
  const { time, options } = settleOf(2_000)
  const { generations, begin } = createWrites(undefined, options)
  const write = await begin('main', TASK)
  await write.end(false)
  const fetched = generations.generation('main', 'task')
  time.nowMs = 2_000
  t.ok(generations.isCurrent('main', 'task', fetched))
})
