// Reads, writes and landings in any order: no reader gets an answer older than the last write that was
// acknowledged before he asked, and no two calls are made where one would do.

import * as fc from 'fast-check'
import t from 'tap'
import {
  createGenerations,
  createFlights,
  createMemoryStore,
  lookup,
  invalidationScope,
  type FlightHandle,
} from '../../src/cache/index.js'
import { NO_DIRECTIVES, NOW_MS, storedResponse, target } from './fixtures.js'

const ACCOUNT = 'main'
const KEY = 'key'
const WRITE = invalidationScope('PUT', target('/task/13/'))
if (WRITE === undefined) throw new Error('a PUT is a write')

type Step = 'read' | 'write' | 'leave'

t.test('property: reads after an acknowledged write see it', async () => {
  const steps = fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.constant<Step>('read') },
      { weight: 2, arbitrary: fc.constant<Step>('write') },
      { weight: 1, arbitrary: fc.constant<Step>('leave') },
    ),
    { minLength: 1, maxLength: 12 },
  )
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), steps, fc.boolean(), async (scheduler, steps, mayFail) => {
      const store = createMemoryStore({ maxBytes: 1_000_000 })
      const generations = createGenerations()
      const flights = createFlights<number>()
      const problems: string[] = []
      // What the upstream holds, and the last of it that some writer knows to be there.
      let upstream = 0
      let acknowledged = 0
      let inFlight = 0
      // Generations for which a call is out, or has been answered.
      const asked = new Set<number>()

      async function fill({ signal, commit }: FlightHandle): Promise<number> {
        inFlight++
        try {
          await scheduler.schedule(Promise.resolve(), 'request leaves the queue')
          signal.throwIfAborted()
          const generation = generations.generation(ACCOUNT, 'task')
          commit(generation)
          if (asked.has(generation)) problems.push(`a second call under ${generation}`)
          asked.add(generation)
          await scheduler.schedule(Promise.resolve(), 'request arrives')
          const seen = upstream
          await scheduler.schedule(Promise.resolve(), 'answer arrives')
          if (mayFail && seen % 2 === 1) {
            asked.delete(generation)
            throw new Error('down')
          }
          if (generations.isCurrent(ACCOUNT, 'task', generation)) {
            await store.set(KEY, storedResponse({ text: String(seen), generation }))
          }
          return seen
        } finally {
          inFlight--
        }
      }

      async function read(signal: AbortSignal): Promise<void> {
        const known = acknowledged
        const found = await lookup({
          store,
          generations,
          key: KEY,
          account: ACCOUNT,
          resource: 'task',
          policy: { ttlMs: 30_000, staleWhileRevalidateMs: 300_000, staleMs: 300_000 },
          directives: NO_DIRECTIVES,
          nowMs: NOW_MS,
          refusedAtMs: -Infinity,
        })
        if (found.kind !== 'miss') {
          const value = Number(found.entry.body.toString())
          if (value < known) problems.push(`read ${value} from the cache after ${known}`)
          return
        }
        const generation = generations.generation(ACCOUNT, 'task')
        const joined = await flights.join({ key: KEY, generation, start: fill, signal })
        if (joined.kind === 'full') problems.push('full')
        else if (joined.value < known) problems.push(`read ${joined.value} after ${known}`)
      }

      async function write(): Promise<void> {
        if (WRITE === undefined) return
        generations.invalidate(ACCOUNT, WRITE)
        await scheduler.schedule(Promise.resolve(), 'write arrives')
        const mine = ++upstream
        await scheduler.schedule(Promise.resolve(), 'acknowledgement arrives')
        generations.invalidate(ACCOUNT, WRITE)
        acknowledged = Math.max(acknowledged, mine)
      }

      async function run(): Promise<void> {
        const clients: AbortController[] = []
        const running: Promise<void>[] = []
        for (const step of steps) {
          await scheduler.schedule(Promise.resolve(), step)
          if (step === 'write') running.push(write())
          if (step === 'leave') clients.pop()?.abort(new Error('client gone'))
          if (step === 'read') {
            const client = new AbortController()
            clients.push(client)
            const done = read(client.signal).catch((error: Error) => {
              if (!['client gone', 'down'].includes(error.message)) problems.push(error.message)
            })
            running.push(done)
          }
        }
        await Promise.all(running)
      }

      await scheduler.waitFor(run())
      await scheduler.waitIdle()
      if (flights.size() > 0) problems.push('a flight has not landed')
      if (inFlight > 0) problems.push('a call has not ended')
      return problems.length === 0 || Promise.reject(new Error(problems.join('; ')))
    }),
    { numRuns: 1000 },
  )
})
