// Puts a million answers into a store and says how much memory that took; see cost-of-a-write.long.ts.

import { createEntry, createMemoryStore } from '../../src/cache/index.js'
import { NOW_MS, POLICIES } from './fixtures.js'

export interface MemoryReport {
  readonly maxBytes: number
  readonly usedBytes: number
  readonly entries: number
  readonly grownBytes: number
}

const COUNT = 1_000_000
const maxBytes = 64 * 2 ** 20

/** What bodies held is given back some turns after they were collected. */
async function held(): Promise<number> {
  for (let i = 0; i < 5; i++) {
    globalThis.gc?.()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

const keyOf = (i: number): string =>
  JSON.stringify(['main', 'a'.repeat(64), 'json', '/task', [`offset=${i}`]])

const entryOf = (i: number) =>
  createEntry({
    key: keyOf(i),
    status: 200,
    headers: [
      ['content-type', 'application/json'],
      ['date', `day ${i}`],
    ],
    body: Buffer.alloc(900 + (i % 200), 120),
    account: 'main',
    resource: 'task',
    path: '/task',
    generation: 0,
    policy: POLICIES.task,
    sentAtMs: NOW_MS,
  })

// Killed as it may be, the test leaves nobody behind.
process.once('disconnect', () => process.exit())
const store = createMemoryStore({ maxBytes })
const shapes = Array.from({ length: 200 }, (_, i) => entryOf(COUNT + i))
const before = await held()
for (let i = 0; i < COUNT; i++) {
  const shape = shapes[i % shapes.length] ?? entryOf(i)
  // As `createEntry` makes it, without the hash: nothing in it is shared with another.
  const body = Buffer.allocUnsafeSlow(shape.body.length)
  const headers = shape.headers.map(([name, value]) => [name, `${value} ${i}`] as const)
  await store.set(keyOf(COUNT + i), Object.freeze({ ...shape, headers, body }))
}
const { bytes: usedBytes, entries } = store.usage()
const report: MemoryReport = { maxBytes, usedBytes, entries, grownBytes: (await held()) - before }
process.send?.(report, () => process.disconnect())
