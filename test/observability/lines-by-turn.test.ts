import { pino } from 'pino'
import { test } from 'tap'
import { linesByTurn } from '../../src/observability/lines-by-turn.js'

function recorder() {
  const writes: string[] = []
  return { writes, write: (text: string) => writes.push(text), flushSync: () => {} }
}

const turn = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('the lines of one turn go out in one write, in their order, at its end', async (t) => {
  const out = recorder()
  const lines = linesByTurn(out)
  lines.write('a\n')
  lines.write('b\n')
  await Promise.resolve()
  lines.write('c\n')
  t.strictSame(out.writes, [], 'nothing before the end of the turn')
  await turn()
  t.strictSame(out.writes, ['a\nb\nc\n'])
  lines.write('d\n')
  await turn()
  t.strictSame(out.writes, ['a\nb\nc\n', 'd\n'])
})

test('a fatal line takes all before it out at once', async (t) => {
  const out = recorder()
  const log = pino({ base: null, timestamp: false }, linesByTurn(out))
  log.info('before')
  log.fatal('the last one')
  t.equal(out.writes.length, 1)
  t.match(out.writes[0], /before.*\n.*the last one/u)
  await turn()
  t.equal(out.writes.length, 1, 'and nothing twice')
})

test('a flood of lines does not wait for the end of the turn', async (t) => {
  const out = recorder()
  const lines = linesByTurn(out)
  const line = `${'x'.repeat(999)}\n`
  for (let count = 0; count < 100; count++) lines.write(line)
  t.ok(out.writes.length >= 1, 'some are out')
  await turn()
  t.equal(out.writes.join(''), line.repeat(100), 'and at its end all')
})
