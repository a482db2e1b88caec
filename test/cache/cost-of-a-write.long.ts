// A write costs the same however much is cached, and what is cached costs what it is counted as.

import { fork } from 'node:child_process'
import t, { type Test } from 'tap'
import { createMemoryStore, createWrites, invalidationScope } from '../../src/cache/index.js'
import type { ResponseStore } from '../../src/cache/index.js'
import { open, temporaryFile } from './disk-setup.js'
import { storedResponse, target } from './fixtures.js'
import type { MemoryReport } from './memory-process.js'
import { loaderOnly } from './process-options.js'
import { moduleAt } from '../project.js'

const scope = invalidationScope('DELETE', target('/client/1/'))

/** Every call of a method, counted. */
function counted(store: ResponseStore) {
  let calls = 0
  const proxy = new Proxy(store, {
    get(object, name) {
      const method = Reflect.get(object, name) as (...given: unknown[]) => unknown
      return (...given: unknown[]) => {
        calls++
        return method.apply(object, given)
      }
    },
  })
  return { store: proxy, calls: () => calls }
}

async function fill(store: ResponseStore, count: number): Promise<void> {
  const entry = storedResponse({ account: 'main' })
  for (let i = 0; i < count; i += 1000) {
    const some = Array.from({ length: Math.min(1000, count - i) }, (_, j) => i + j)
    await Promise.all(some.map((n) => store.set(`key ${n}`, entry)))
  }
}

async function medianOfWrites(
  { begin }: ReturnType<typeof createWrites>,
  count: number,
): Promise<number> {
  if (scope === undefined) throw new Error('no write')
  const took: number[] = []
  for (let i = 0; i < count; i++) {
    const startedMs = performance.now()
    const write = await begin('main', scope)
    write.end(true)
    took.push(performance.now() - startedMs)
  }
  return took.toSorted((a, b) => a - b)[Math.floor(count / 2)] ?? Number.NaN
}

async function compare(t: Test, kind: 'memory' | 'disk', sizes: readonly [number, number]) {
  const medians = []
  for (const size of sizes) {
    const disk = kind === 'disk' ? open(t, temporaryFile(t), { maxBytes: 10 ** 9 }) : undefined
    const { store, calls } = counted(disk?.store ?? createMemoryStore({ maxBytes: 10 ** 9 }))
    await fill(store, size)
    t.equal(store.usage().entries, size)
    const writes = createWrites(disk?.generations)
    const before = calls()
    await medianOfWrites(writes, 50)
    medians.push(await medianOfWrites(writes, 301))
    t.equal(calls(), before, `${size} entries: the store is not asked`)
    await disk?.close()
  }
  const [few = Number.NaN, many = Number.NaN] = medians
  t.comment(`${kind}: ${few.toFixed(4)} ms among ${sizes[0]}, ${many.toFixed(4)} among ${sizes[1]}`)
  // A walk over the entries would cost a thousand times as much; a busy machine, a few times.
  t.ok(many < few * 10 + 1)
}

t.test('in memory', (t) => compare(t, 'memory', [100, 100_000]))
t.test('on disk', (t) => compare(t, 'disk', [100, 100_000]))

t.test(
  'a million answers stay inside of the bytes given, as the machine counts them',
  async (t) => {
    const child = fork(moduleAt('./memory-process', import.meta), {
      ...loaderOnly(['--expose-gc']),
    })
    t.teardown(() => child.kill())
    const { maxBytes, usedBytes, entries, grownBytes } = await new Promise<MemoryReport>(
      (resolve, reject) => {
        child.once('message', (report) => resolve(report as MemoryReport))
        child.once('close', (code) => reject(new Error(`exit ${code} without a report`)))
      },
    )
    const mega = (bytes: number): string => (bytes / 2 ** 20).toFixed(1)
    t.comment(
      `${entries} entries are left; counted ${mega(usedBytes)} MiB, grown by ${mega(grownBytes)} of ${mega(maxBytes)}`,
    )
    t.ok(usedBytes <= maxBytes && usedBytes > maxBytes * 0.9)
    t.ok(grownBytes <= maxBytes * 1.2, 'with what keeping them costs')
  },
)
