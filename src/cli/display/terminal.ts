/** The terminal behind standard output: its size, its colours, and the whole of it for a while. */
import type { ReadStream, WriteStream } from 'node:tty'
import type { Screen, ScreenListeners, Terminal } from '../context.js'

/** What a terminal obeys; `xterm` and all that came after it have these. */
const ESCAPE = {
  enter: '\u001b[?1049h\u001b[?25l\u001b[?7l',
  leave: '\u001b[?7h\u001b[?25h\u001b[?1049l',
  /** Shown at once when it is whole (where that is known), from the upper left. */
  frame: '\u001b[?2026h\u001b[H',
  frameEnd: '\u001b[J\u001b[?2026l',
  endOfLine: '\u001b[K',
  startOfLine: '\r\u001b[K',
} as const

/** Undefined where `output` is a file, a pipe, or a terminal that only prints. */
export function terminalOf(
  output: WriteStream,
  input: ReadStream,
  env: Readonly<Record<string, string | undefined>>,
): Terminal | undefined {
  if (!output.isTTY || env['TERM'] === 'dumb') return undefined
  return {
    // Obeys NO_COLOR and FORCE_COLOR.
    hasColours: output.hasColors(env),
    size: () => sizeOf(output),
    openScreen: (listeners) => openScreen(output, input, listeners),
  }
}

/** One line on `output` that is replaced by the next one; undefined where that is no terminal. */
export function noteOn(
  output: WriteStream,
  env: Readonly<Record<string, string | undefined>>,
): ((text: string) => void) | undefined {
  if (!output.isTTY || env['TERM'] === 'dumb') return undefined
  return (text) => {
    output.write(ESCAPE.startOfLine + text.slice(0, sizeOf(output).columns - 1))
  }
}

/** Some terminals say 0 until they know it: serial lines, and containers at first. */
const sizeOf = ({ columns, rows }: WriteStream): { columns: number; rows: number } => ({
  columns: columns > 0 ? columns : 80,
  rows: rows > 0 ? rows : 24,
})

function openScreen(
  output: WriteStream,
  input: ReadStream,
  { onKey, onResize }: ScreenListeners,
): Screen {
  let isOpen = true
  const close = (): void => {
    if (!isOpen) return
    isOpen = false
    process.off('exit', close)
    output.off('resize', onResize)
    if (input.isTTY) {
      input.off('data', onKey)
      input.setRawMode(false)
      input.pause()
    }
    output.write(ESCAPE.leave)
  }
  output.write(ESCAPE.enter)
  // However the process ends, the terminal is given back.
  process.on('exit', close)
  output.on('resize', onResize)
  if (input.isTTY) input.setRawMode(true).setEncoding('utf8').on('data', onKey)
  return {
    draw(lines) {
      // A slow line gets the next one.
      if (output.writableNeedDrain) return
      const fitting = lines.slice(0, sizeOf(output).rows)
      const text = fitting.map((line) => line + ESCAPE.endOfLine).join('\r\n')
      output.write(ESCAPE.frame + text + ESCAPE.frameEnd)
    },
    close,
  }
}
