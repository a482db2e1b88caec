import t from 'tap'
import { defaultQueue } from './default-queue.js'
import { pass } from './virtual-time.js'
import { reasonOf, retryOf } from './queue-setup.js'

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`

for (const latencyMs of [20, 300]) {
  t.test(`250 requests in turn, ${latencyMs} ms each: none waits 6 s, none too late`, async (t) => {
    const { inTurn, waitsOf, mostInAWindow, sent } = defaultQueue(t)
    const admissions = await inTurn(250, 'script', { latencyMs })
    t.same(new Set(admissions.map(reasonOf)), new Set(['permitted']))
    const longestMs = Math.max(...waitsOf('script'))
    t.ok(longestMs <= 6_000, `the longest wait is ${seconds(longestMs)}`)
    t.equal(mostInAWindow(), 100)
    // Two windows, two margins, and the 50 calls after that.
    const earliestMs = 2 * 60_160 + 50 * latencyMs
    const lastMs = sent.at(-1)?.sentMs ?? 0
    t.ok(lastMs <= earliestMs + 1_500, `done after ${seconds(lastMs)} of ${seconds(earliestMs)}`)
  })
}

t.test('a lone program sends 90 at its own pace, and the others find slots', async (t) => {
  const { inTurn, call, sent, waitsOf } = defaultQueue(t)
  const script = inTurn(100, 'script')
  while (sent.length < 90) await pass(10)
  t.ok((sent[89]?.sentMs ?? 0) < 90 * 40, 'the share is sent without a wait')
  for (let i = 0; i < 5; i++) await call('other')
  t.same(waitsOf('other'), [0, 0, 0, 0, 0])
  await script
})

t.test('beside another program the share is 80', async (t) => {
  const { inTurn, call, waitsOf } = defaultQueue(t)
  await call('other')
  await inTurn(85, 'script')
  const waits = waitsOf('script')
  t.same(waits.slice(0, 80), Array(80).fill(0))
  for (const waitMs of waits.slice(80)) t.ok(waitMs > 2_000 && waitMs < 3_500, seconds(waitMs))
})

for (const count of [90, 91, 99, 100]) {
  t.test(`a parallel burst of ${count} fits into the window and leaves at once`, async (t) => {
    const { atOnce, sent } = defaultQueue(t)
    await atOnce(count, 'burst')
    t.equal(sent.length, count)
    t.ok((sent.at(-1)?.sentMs ?? Infinity) <= 100, `${count} after ${sent.at(-1)?.sentMs} ms`)
  })
}

t.test('150 at once: all are sent, the last ones as soon as slots return', async (t) => {
  const { atOnce, sent, mostInAWindow } = defaultQueue(t)
  const admissions = await atOnce(150, 'burst', { priority: 'write' })
  t.same(new Set(admissions.map(reasonOf)), new Set(['permitted']))
  t.equal(mostInAWindow(), 100)
  t.ok((sent.at(-1)?.sentMs ?? Infinity) < 64_000, seconds(sent.at(-1)?.sentMs ?? 0))
})

for (const latencyMs of [20, 300]) {
  t.test(`${latencyMs} ms: beside an export a bot on the same token goes first`, async (t) => {
    const scene = defaultQueue(t)
    const { call, waitsOf, mostInAWindow } = scene
    const shared = { credential: 'token', latencyMs }
    let isOver = false
    const run = async () => {
      while (!isOver) await call('export', { ...shared, program: 'export' })
    }
    const exporting = run()
    const bot = (async () => {
      await pass(5_000)
      for (let i = 0; i < 20; i++) {
        const next = pass(3_000)
        t.equal((await call('bot', { ...shared, program: 'bot' })).kind, 'permitted')
        await next
      }
      isOver = true
    })()
    await bot
    await exporting
    const longestMs = Math.max(...waitsOf('bot')) + latencyMs
    t.ok(longestMs <= 6_000, `${latencyMs} ms: answered after ${seconds(longestMs)} at most`)
    t.ok(mostInAWindow() <= 100)
  })
}

t.test('an export with workers leaves another token its slots', async (t) => {
  const { inTurn, call, waitsOf } = defaultQueue(t)
  const workers = Promise.all([1, 2, 3, 4, 5].map(() => inTurn(60, 'export')))
  await call('other')
  const other = (async () => {
    for (let i = 0; i < 30; i++) {
      await pass(7_000)
      await call('other')
    }
  })()
  await other
  await workers
  const waits = waitsOf('other')
  t.ok(Math.max(...waits) <= 6_000, seconds(Math.max(...waits)))
  t.ok(waits.filter((waitMs) => waitMs === 0).length > 15, 'most find a free slot')
})

t.test('requests refused at the same moment come back at different times', async (t) => {
  const { atOnce, clock } = defaultQueue(t, { maxLength: 10 })
  await atOnce(100, 'burst')
  const nowMs = clock.monotonicMs()
  const admissions = await Promise.all(
    Array.from({ length: 40 }, (_, i) => i).map((i) => atOnce(1, `c${i}`, { maxWaitMs: 1_000 })),
  )
  const times = admissions.flat().map((one) => Math.ceil((nowMs + retryOf(one)) / 1_000))
  t.same(new Set(admissions.flat().map(reasonOf)), new Set(['wait-too-long']))
  const most = Math.max(...times.map((at) => times.filter((one) => one === at).length))
  t.ok(new Set(times).size >= 20, `${new Set(times).size} different seconds for 40`)
  t.ok(most <= 2, `${most} in one second`)
  t.ok(Math.max(...times) - Math.min(...times) <= 60, 'within a window')
})
