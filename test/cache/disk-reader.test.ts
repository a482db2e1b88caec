// What one process has committed, another that reads the file sees: at once, and all of it.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { createWrites, invalidationScope } from '../../src/cache/index.js'
import type { Question, Reply } from './disk-reader-process.js'
import { open, temporaryFile } from './disk-setup.js'
import { storedResponse, target } from './fixtures.js'
import { moduleAt } from '../project.js'
import { loaderOnly } from './process-options.js'

const PUT_TASK = invalidationScope('PUT', target('/task/13/'))

async function setUp(t: Test) {
  const path = temporaryFile(t)
  let lost = 0
  const disk = open(t, path, { readers: { lost: async () => void lost++ } })
  const child = fork(moduleAt('./disk-reader-process', import.meta), [path], {
    ...loaderOnly(),
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const ended = once(child, 'exit')
  t.teardown(async () => {
    child.kill()
    await ended
    await disk.close()
  })
  await once(child, 'message')
  const asked = async (question: Question = {}): Promise<Reply> => {
    child.send(question)
    const [reply] = (await once(child, 'message')) as [Reply]
    return reply
  }
  if (PUT_TASK === undefined) throw new Error('a PUT is a write')
  return { disk, writes: createWrites(disk.generations), scope: PUT_TASK, asked, lost: () => lost }
}

t.test('an answer is there once it is stored, replaced, purged', async (t) => {
  const { disk, asked } = await setUp(t)
  t.equal((await asked({ key: 'a' })).text, undefined)
  await disk.store.set('a', storedResponse({ text: 'one' }))
  t.equal((await asked({ key: 'a' })).text, 'one')
  t.equal((await asked({ key: 'a' })).text, 'one', 'from memory')
  await disk.store.set('a', storedResponse({ text: 'two' }))
  t.equal((await asked({ key: 'a' })).text, 'two', 'not from memory')
  await disk.store.set('b', storedResponse({ text: 'other' }))
  t.equal((await asked({ key: 'a' })).text, 'two')
  await disk.store.purge({ resource: 'task' })
  t.equal((await asked({ key: 'a' })).text, undefined)
})

t.test('100 writes: none is acknowledged before the other process knows', async (t) => {
  const { writes, scope, asked } = await setUp(t)
  for (let trial = 0; trial < 100; trial++) {
    const account = `account ${trial % 7}`
    const before = writes.generations.generation(account, 'task')
    t.ok((await asked({ account, generation: before })).isCurrent)
    const write = await writes.begin(account, scope)
    await write.end(true)
    const ended = await asked({ account, generation: before })
    if (ended.isCurrent) t.fail(`trial ${trial}: ended, and the reader does not know`)
    const after = writes.generations.generation(account, 'task')
    if (!(await asked({ account, generation: after })).isCurrent) t.fail(`trial ${trial}: unknown`)
  }
})

t.test('an account that lost its counters is outdated for the reader too', async (t) => {
  const { writes, scope, asked } = await setUp(t)
  t.ok((await asked({ account: 'never written', generation: 0 })).isCurrent)
  const write = await writes.begin('another', scope)
  await write.end(true)
  t.ok((await asked({ account: 'never written', generation: 0 })).isCurrent)
})

t.test('credentials: a refusal is known when it resolves, and outlives a later yes', async (t) => {
  const { disk, asked } = await setUp(t)
  t.equal((await asked({ principal: 'p' })).credentialState, undefined)
  disk.changeFeed?.accepted('p', 1_000_000)
  await disk.changeFeed?.refused('p', 1_000_500)
  t.same((await asked({ principal: 'p' })).credentialState, { refusedAtMs: 1_000_500 })
  disk.changeFeed?.accepted('p', 1_000_900)
  await disk.changeFeed?.edition('1')
  const both = { refusedAtMs: 1_000_500, acceptedAtMs: 1_000_900 }
  t.same((await asked({ principal: 'p' })).credentialState, both)
  disk.changeFeed?.accepted('p', 1_030_000)
  await disk.changeFeed?.edition('2')
  t.same((await asked({ principal: 'p' })).credentialState, both, 'not written for every call')
  t.equal((await asked()).edition, '2')
})

t.test('the file grows far beyond what it was when the reader opened it', async (t) => {
  const { disk, asked } = await setUp(t)
  const text = 'x'.repeat(900_000)
  for (let i = 0; i < 24; i++) {
    await disk.store.set(`key ${i}`, storedResponse({ text: `${i} ${text}` }))
    const reply = await asked({ key: `key ${i}` })
    t.equal(reply.text?.length, text.length + String(i).length + 1, `${i + 1} MB`)
  }
})

t.test('without readers nothing is waited for, and acceptances are not written', async (t) => {
  const file = temporaryFile(t)
  const disk = open(t, file)
  disk.changeFeed.accepted('p', 1_000)
  t.equal(disk.changeFeed.refusedAtMs('p'), undefined)
  await disk.changeFeed.refused('q', 2_000)
  t.equal(disk.generations.end(7), undefined)
  await disk.close()
  const again = open(t, file)
  t.equal(again.changeFeed.refusedAtMs('q'), 2_000, 'a refusal outlives the process')
  t.equal(again.changeFeed.refusedAtMs('p'), undefined)
  await again.close()
})
