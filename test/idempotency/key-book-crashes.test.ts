/**
 * Many schedules of requests, refusals, lost answers and crashes against a disk that has not written
 * yet what was not waited for: no key is carried out twice within its time, and no repeat gets another
 * answer than the first.
 */
import * as fc from 'fast-check'
import t from 'tap'
import {
  createKeyBook,
  type Claimed,
  type KeyBook,
  type Turn,
} from '../../src/idempotency/key-book.js'
import { createMemoryRecords } from '../../src/idempotency/memory-records.js'
import { KEY_TTL_MS, type KeyRecords } from '../../src/server/ports/key-records.js'

type Fate = 'answered' | 'refused' | 'lost'
type Step =
  | { readonly do: 'ask'; readonly key: string; readonly body: string; readonly fate: Fate }
  | { readonly do: 'write' | 'crash' }
  | { readonly do: 'go-on'; readonly which: number }
  | { readonly do: 'pass-time'; readonly hours: number }

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('ask'),
      key: fc.constantFrom('a', 'b'),
      body: fc.constantFrom('1', '1', '1', '2'),
      fate: fc.constantFrom<Fate>('answered', 'answered', 'refused', 'lost'),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('write') }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('go-on'), which: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash') }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('pass-time'), hours: fc.integer({ min: 1, max: 30 }) }),
  },
) as fc.Arbitrary<Step>

/** What was not written is lost in a crash, and its promise never settles. */
function lazyDisk(disk: KeyRecords) {
  let pending: (() => Promise<void>)[] = []
  const later = <T>(action: () => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      pending.push(() => action().then(resolve, reject))
    })
  const records: KeyRecords = {
    ...disk,
    begin: (...args) => later(() => disk.begin(...args)),
    complete: (...args) => later(() => disk.complete(...args)),
    forget: (...args) => later(() => disk.forget(...args)),
    close: async () => {},
  }
  return {
    records,
    async write() {
      const now = pending
      pending = []
      for (const action of now) await action()
    },
  }
}

const turnOfTheLoop = () => new Promise((resolve) => setImmediate(resolve))

interface Execution {
  readonly key: string
  readonly body: string
  readonly notedAtMs: number
  readonly result: string
}

const seen = { claims: {} as Record<string, number>, crashes: 0, executions: 0 }

async function play(schedule: readonly Step[]): Promise<void> {
  let nowMs = 1_773_144_000_000
  const clock = { bootId: null, wallMs: () => nowMs, monotonicMs: () => nowMs }
  const disk = createMemoryRecords()
  const executions: Execution[] = []
  const problems: string[] = []
  const start = () => {
    const lazy = lazyDisk(disk)
    const book = createKeyBook({
      records: lazy.records,
      clock,
      maxWaiting: 100,
      onError: () => {},
    })
    return { ...lazy, book, gates: [] as (() => void)[], died: new AbortController() }
  }
  let process = start()

  async function send(
    turn: Turn,
    { key, body, fate }: Extract<Step, { do: 'ask' }>,
    gate: () => Promise<void>,
  ) {
    try {
      const notedAtMs = nowMs
      if (!(await turn.note())) return
      await gate()
      if (fate === 'refused') return await turn.free()
      const result = `${key} ${body} ${executions.length}`
      executions.push({ key, body, notedAtMs, result })
      await gate()
      if (fate === 'lost') return undefined
      return await turn.answered(201, { status: 201, headers: {}, body: Buffer.from(result) })
    } finally {
      turn.end()
    }
  }

  async function ask(book: KeyBook, step: Extract<Step, { do: 'ask' }>) {
    const { gates, died } = process
    const gate = () => new Promise<void>((resolve) => gates.push(resolve))
    const claimed: Claimed = await book.claim({
      id: step.key,
      fingerprint: step.body,
      deadlineMs: nowMs + 3_600_000,
      signal: died.signal,
    })
    seen.claims[claimed.kind] = (seen.claims[claimed.kind] ?? 0) + 1
    const last = executions.findLast(({ key }) => key === step.key)
    if (claimed.kind === 'first') return send(claimed.turn, step, gate)
    if (claimed.kind !== 'answered') return undefined
    const got = claimed.answer.body.toString()
    if (got !== last?.result || last.body !== step.body) {
      problems.push(`${step.key} ${step.body} got ${got}, carried out was ${last?.result}`)
    }
    return undefined
  }

  for (const step of schedule) {
    if (step.do === 'ask') ask(process.book, step).catch(() => {})
    else if (step.do === 'write') await process.write()
    else if (step.do === 'go-on') process.gates.splice(step.which, 1)[0]?.()
    else if (step.do === 'pass-time') nowMs += step.hours * 3_600_000
    else {
      seen.crashes++
      process.died.abort(new Error('died'))
      await process.book.close()
      process = start()
    }
    await turnOfTheLoop()
  }
  process.died.abort(new Error('the end'))
  await process.book.close()
  seen.executions += executions.length
  for (const [index, one] of executions.entries()) {
    const next = executions.slice(index + 1).find(({ key }) => key === one.key)
    if (next !== undefined && next.notedAtMs - one.notedAtMs < KEY_TTL_MS) {
      problems.push(`${one.key} was carried out as ${one.result} and as ${next.result}`)
    }
  }
  if (problems.length > 0) throw new Error(problems.join('; '))
}

t.test('property: whatever dies when, no key is carried out twice', async (t) => {
  const schedules = fc.array(steps, { minLength: 30, maxLength: 150 })
  await fc.assert(fc.asyncProperty(schedules, play), { numRuns: 400 })
  t.comment(
    `${seen.executions} executions, ${seen.crashes} crashes, claims: ${JSON.stringify(seen.claims)}`,
  )
  t.ok(seen.executions > 400 && seen.crashes > 100)
  for (const kind of ['first', 'answered', 'unknown', 'reused']) {
    t.ok((seen.claims[kind] ?? 0) > 50, kind)
  }
})
