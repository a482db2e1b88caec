/** What is written to a terminal, and that it is given back. */
import { EventEmitter } from 'node:events'
import type { ReadStream, WriteStream } from 'node:tty'
import t from 'tap'
import { noteOn, terminalOf } from '../../src/cli/display/terminal.js'

function streams({ isTTY = true } = {}) {
  let written = ''
  const output = Object.assign(new EventEmitter(), {
    isTTY,
    columns: 80,
    rows: 3,
    writableNeedDrain: false,
    hasColors: ({ NO_COLOR }: { NO_COLOR?: string } = {}) => NO_COLOR === undefined,
    write: (text: string) => {
      written += text
      return true
    },
  })
  const modes: boolean[] = []
  const input = Object.assign(new EventEmitter(), {
    isTTY,
    setRawMode(isRaw: boolean) {
      modes.push(isRaw)
      return input
    },
    setEncoding: () => input,
    pause: () => input,
  })
  const taken = (): string => {
    const text = written
    written = ''
    return text
  }
  // What is used of them is there.
  return {
    output: output as unknown as WriteStream,
    input: input as unknown as ReadStream,
    modes,
    taken,
  }
}

const QUIET = { onKey: () => {}, onResize: () => {} }

t.test('no terminal, or one that only prints, is none', async (t) => {
  const file = streams({ isTTY: false })
  t.equal(terminalOf(file.output, file.input, {}), undefined)
  t.equal(noteOn(file.output, {}), undefined)
  const { output, input } = streams()
  t.equal(terminalOf(output, input, { TERM: 'dumb' }), undefined)
  t.equal(terminalOf(output, input, { NO_COLOR: '1' })?.hasColours, false)
  t.equal(terminalOf(output, input, {})?.hasColours, true)
})

t.test('a screen is drawn in one piece, cut to its rows, and given back', async (t) => {
  const { output, input, modes, taken } = streams()
  const keys: string[] = []
  let resized = 0
  const screen = terminalOf(output, input, {})?.openScreen({
    onKey: (key) => keys.push(key),
    onResize: () => resized++,
  })
  t.equal(taken(), '\u001b[?1049h\u001b[?25l\u001b[?7l')
  screen?.draw(['a', 'b', 'c', 'd'])
  t.equal(
    taken(),
    '\u001b[?2026h\u001b[Ha\u001b[K\r\nb\u001b[K\r\nc\u001b[K\u001b[J\u001b[?2026l',
    'nothing is cleared before it is written over',
  )
  input.emit('data', 'q')
  output.emit('resize')
  t.strictSame([keys, resized], [['q'], 1])

  screen?.close()
  screen?.close()
  t.equal(taken(), '\u001b[?7h\u001b[?25h\u001b[?1049l', 'once')
  t.strictSame(modes, [true, false])
  input.emit('data', 'x')
  output.emit('resize')
  t.strictSame([keys, resized], [['q'], 1], 'and nothing is listened to')
  t.strictSame([input.listenerCount('data'), output.listenerCount('resize')], [0, 0])
})

t.test('a line that is too slow gets the next frame', async (t) => {
  const { output, input, taken } = streams()
  const screen = terminalOf(output, input, {})?.openScreen(QUIET)
  taken()
  Object.assign(output, { writableNeedDrain: true })
  screen?.draw(['a'])
  t.equal(taken(), '')
  screen?.close()
})

t.test('the terminal is given back however the process ends', async (t) => {
  const { output, input, taken } = streams()
  const before = process.listenerCount('exit')
  const screen = terminalOf(output, input, {})?.openScreen(QUIET)
  taken()
  process.listeners('exit').at(-1)?.call(process, 0)
  t.match(taken(), '\u001b[?1049l')
  screen?.close()
  t.equal(process.listenerCount('exit'), before)
})

t.test('a note takes the place of the one before, and one line at most', async (t) => {
  const { output, taken } = streams()
  const note = noteOn(output, {})
  note?.('x'.repeat(100))
  t.equal(taken(), `\r\u001b[K${'x'.repeat(79)}`)
  note?.('')
  t.equal(taken(), '\r\u001b[K')
})

t.test('a terminal that does not know its size has the usual one', async (t) => {
  const { output, input } = streams()
  Object.assign(output, { columns: 0, rows: 0 })
  t.strictSame(terminalOf(output, input, {})?.size(), { columns: 80, rows: 24 })
})
