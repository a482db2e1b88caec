/** Log lines go out in order, and neither a stalled reader, a full disk nor a closed pipe holds anything up. */
import { pino } from 'pino'
import { test } from 'tap'
import { createLogOutput } from '../../src/observability/log-output.js'
import type { Dropping, LogOutputOptions } from '../../src/observability/log-output.js'
import type { LogTarget } from '../../src/observability/log-target.js'

/** A target that takes as much as `room` says, or fails with `error`. */
function fakeTarget() {
  const own = { taken: '', writes: 0, room: Infinity, error: undefined as string | undefined }
  const take = (bytes: Buffer): number => {
    const count = Math.min(own.room, bytes.length)
    own.room -= count
    own.taken += bytes.subarray(0, count).toString()
    return count
  }
  const target: LogTarget = {
    write(bytes, done) {
      own.writes++
      const code = own.error ?? (own.room === 0 ? 'EAGAIN' : undefined)
      if (code === undefined) done(null, take(bytes))
      else done(Object.assign(new Error(code), { code }), 0)
    },
    writeSync: (bytes) => (own.error === undefined ? take(bytes) : 0),
  }
  return { own, target }
}

const turn = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function open(options: Omit<LogOutputOptions, 'target'> = {}) {
  const { own, target } = fakeTarget()
  const recovered: Dropping[] = []
  const output = createLogOutput({
    target,
    wallMs: () => 1_000,
    onRecovered: (dropped) => {
      recovered.push(dropped)
      output.write('recovered\n')
    },
    ...options,
  })
  let lost = 0
  output.onDropped(() => lost++)
  return { own, output, recovered, lost: () => lost }
}

test('the lines of one turn go out in one write, in their order, at its end', async (t) => {
  const { own, output } = open()
  output.write('a\n')
  output.write('b\n')
  await Promise.resolve()
  output.write('c\n')
  t.equal(own.writes, 0, 'nothing before the end of the turn')
  await turn()
  t.strictSame([own.taken, own.writes], ['a\nb\nc\n', 1])
  output.write('d\n')
  await turn()
  t.strictSame([own.taken, own.writes], ['a\nb\nc\nd\n', 2])
})

test('a fatal line is written at once, with all lines before it', async (t) => {
  const { own, output } = open()
  const log = pino({ base: null, timestamp: false }, output)
  log.info('before')
  log.fatal('the last one')
  t.match(own.taken, /before.*\n.*the last one.*\n$/u)
  const { taken } = own
  await turn()
  t.equal(own.taken, taken, 'and nothing twice')
})

test('a flood of lines does not wait for the end of the turn', async (t) => {
  const { own, output } = open()
  const line = `${'x'.repeat(999)}\n`
  for (let count = 0; count < 100; count++) output.write(line)
  t.ok(own.writes >= 1)
  await turn()
  t.equal(own.taken, line.repeat(100))
})

for (const [what, stall, release] of [
  ['a reader that stalls', { room: 0 }, { room: Infinity }],
  ['a reader that stalls within a line', { room: 3 }, { room: Infinity }],
  ['a full disk', { error: 'ENOSPC' }, { error: undefined }],
  ['a failing disk', { error: 'EIO' }, { error: undefined }],
] as const) {
  test(`${what}: lines wait up to a bound, others are counted, and one line says so`, async (t) => {
    const { own, output, recovered, lost } = open({ maxWaiting: 50 })
    Object.assign(own, stall)
    for (let count = 0; count < 20; count++) {
      output.write(`line ${String(count).padStart(2, '0')}\n`)
      await turn()
    }
    const { lines = 0, sinceMs, reason } = output.dropping() ?? {}
    t.ok(lines >= 13, 'the bound holds')
    t.equal(lost(), lines)
    t.equal(sinceMs, 1_000)
    t.match(reason, 'room' in stall ? /not being read/u : new RegExp(stall.error, 'u'))
    Object.assign(own, release)
    await output.drained(30_000)
    const kept = Array.from({ length: 20 - lines }, (_, i) => `line ${String(i).padStart(2, '0')}`)
    t.strictSame(own.taken.trimEnd().split('\n'), [...kept, 'recovered'], 'whole, in order')
    t.match(recovered, [{ lines }])
    t.equal(output.dropping(), undefined)
  })
}

test('a closed pipe: every line is dropped and counted, and nothing is thrown', async (t) => {
  const { own, output, lost } = open()
  own.error = 'EPIPE'
  output.write('a\n')
  await turn()
  output.write('b\n')
  output.flushSync()
  await output.drained(30_000)
  t.equal(own.taken, '')
  t.ok(lost() >= 1)
  t.match(output.dropping()?.reason, /closed/u)
})

test('a flush at the end writes the rest of a stalled write first', async (t) => {
  const { own, output } = open()
  own.room = 1
  output.write('first\n')
  await turn()
  output.write('second\n')
  own.room = Infinity
  output.flushSync()
  t.equal(own.taken, 'first\nsecond\n')
})

test('a file is opened anew between two writes, never under one', async (t) => {
  const { target } = fakeTarget()
  let finish = (): void => {}
  let reopened = 0
  const output = createLogOutput({
    target: {
      ...target,
      write: (bytes, done) => {
        finish = () => done(null, bytes.length)
      },
      reopen: () => void reopened++,
    },
  })
  output.write('a\n')
  await turn()
  output.reopen()
  t.equal(reopened, 0)
  finish()
  t.equal(reopened, 1)
})
