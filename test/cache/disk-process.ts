// What a process does to a disk until it is killed; see disk-setup.ts.

import { createWrites, openDisk, invalidationScope } from '../../src/cache/index.js'
import { DISK_DEFAULTS, type DiskTask } from './disk-setup.js'
import { storedResponse, target } from './fixtures.js'

const [task, path] = process.argv.slice(2) as [DiskTask, string]

function onError(error: unknown): void {
  process.send?.(String(error))
}

const tell = (message: unknown): Promise<void> =>
  new Promise((resolve) => process.send?.(message, () => resolve()))

async function run(): Promise<void> {
  let disk
  try {
    disk = openDisk({ path, ...DISK_DEFAULTS, onError })
  } catch (error) {
    await tell(`refused: ${String(error)}`)
    return
  }
  if (task === 'open') {
    const writes = createWrites(disk.generations)
    for (let i = 0; i < 3000; i++) await disk.store.get(`key ${i}`)
    await disk.store.set('another', storedResponse())
    writes.generations.generation('main', 'task')
    await disk.close()
    await tell('closed')
  } else if (task === 'set') {
    await tell('ready')
    for (let i = 1; ; i++) {
      const text = String(i % 10).repeat(1 + ((i * 7919) % 200_000))
      void disk.store.set('key', storedResponse({ text, generation: i, path: `/task/${i}` }))
      void disk.store.set(`key ${i % 50}`, storedResponse({ text, generation: i }))
      if (i % 20 === 0) await disk.store.set('key', storedResponse({ text, generation: i }))
      if (i % 20 === 0) await tell(i)
    }
  } else {
    const writes = createWrites(disk.generations)
    const scope = invalidationScope('PUT', target('/task/13/'))
    if (scope === undefined) throw new Error('a PUT is a write')
    for (let i = 0; ; i++) {
      const account = `account ${i % 5}`
      const open = await writes.begin(account, scope)
      const generation = writes.generations.generation(account, 'task')
      await tell({ account, generation })
      if (i % 2 === 1) open.end(true)
    }
  }
}

// Killed as it may be, the test leaves nobody behind.
process.once('disconnect', () => process.exit())
await run()
if (process.connected) process.disconnect()
