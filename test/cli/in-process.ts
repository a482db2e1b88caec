import type { Context, ScreenListeners, Terminal } from '../../src/cli/context.js'
import { runProgram } from '../../src/cli/program.js'
import { until } from '../server/client.js'

/** Runs a command in this process, with what it prints in `out` and `err`. */
export function startProgram(args: readonly string[], context: Partial<Context> = {}) {
  const [out, err]: [string[], string[]] = [[], []]
  const ended = runProgram(args, {
    env: {},
    cwd: '/nowhere',
    readFile: (path) => {
      throw Object.assign(new Error(`there is no ${path}`), { code: 'ENOENT' })
    },
    out: (line) => out.push(line),
    err: (line) => err.push(line),
    stopSignal: async () => new Promise(() => {}),
    ...context,
  })
  return { out, err, ended }
}

export async function runInProcess(args: readonly string[], context: Partial<Context> = {}) {
  const { out, err, ended } = startProgram(args, context)
  return { code: await ended, out: out.join('\n'), err: err.join('\n') }
}

/** A terminal that keeps what it shows. */
export function fakeTerminal({ columns = 100, rows = 30, hasColours = false } = {}) {
  const size = { columns, rows }
  const frames: string[] = []
  const seen = { opened: 0, closed: 0 }
  let listeners: ScreenListeners | undefined
  const terminal: Terminal = {
    hasColours,
    size: () => size,
    openScreen(given) {
      seen.opened++
      listeners = given
      return {
        draw: (lines) => frames.push(lines.join('\n')),
        close: () => seen.closed++,
      }
    },
  }
  return {
    terminal,
    frames,
    seen,
    press: (key: string) => listeners?.onKey(key),
    resize(to: { columns: number; rows: number }) {
      Object.assign(size, to)
      listeners?.onResize()
    },
    /** Resolves when a frame like this has been drawn last. */
    shows: async (pattern: RegExp) =>
      until(() => pattern.test(frames.at(-1) ?? ''), `a frame like ${pattern.source}`),
  }
}
