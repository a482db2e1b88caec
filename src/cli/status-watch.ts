/** The status on the whole terminal, asked for again every second. */
import type { Context, Terminal } from './context.js'
import { wrapped } from './display/layout.js'
import { viewport } from './display/paint.js'
import { viewOf } from './display/status-view.js'
import { span } from '../report/human-format.js'

const EVERY_MS = 1_000
const [CTRL_C, CTRL_D, ESCAPE] = ['\u0003', '\u0004', '\u001b'] as const
const QUIT: ReadonlySet<string> = new Set(['q', 'Q', ESCAPE, CTRL_C, CTRL_D])

export interface WatchOptions {
  readonly first: unknown
  readonly url: string
  readonly ask: (signal: AbortSignal) => Promise<unknown>
  readonly terminal: Terminal
  readonly stopSignal: Context['stopSignal']
}

/** Resolves when it is to end: by a key, or by SIGINT or SIGTERM. A silence of the proxy is shown. */
export async function watchStatus(options: WatchOptions): Promise<void> {
  const { url, ask, terminal } = options
  const { paint } = viewport({ terminal })
  const closed = new AbortController()
  let answer = options.first
  let answeredMs = performance.now()
  let trouble: string | undefined
  let timer: NodeJS.Timeout | undefined
  let isAsking = false

  function lines(): readonly string[] {
    const { columns, rows } = terminal.size()
    const figures = viewOf(answer, { url, paint, columns, consumers: Infinity })
    const foot = footOf(columns)
    const shown = figures.slice(0, Math.max(0, rows - foot.length))
    // What cannot be asked is not known any more.
    return [...(trouble === undefined ? shown : shown.map(paint.dim)), ...foot]
  }

  function footOf(columns: number): readonly string[] {
    if (trouble === undefined) return ['', paint.dim('q quits, space asks now')]
    const age = span(performance.now() - answeredMs)
    return ['', ...wrapped(`✕ as it was ${age} ago: ${trouble}`, columns).map(paint.bad)]
  }

  async function next(): Promise<void> {
    clearTimeout(timer)
    if (isAsking) return
    isAsking = true
    try {
      answer = await ask(closed.signal)
      answeredMs = performance.now()
      trouble = undefined
    } catch (error) {
      trouble = error instanceof Error ? error.message : String(error)
    }
    isAsking = false
    if (closed.signal.aborted) return
    screen.draw(lines())
    timer = setTimeout(() => void next(), EVERY_MS)
  }

  const quit = new Promise<void>((resolve) => {
    closed.signal.addEventListener('abort', () => resolve(), { once: true })
  })
  const screen = terminal.openScreen({
    onKey: (key) => {
      if (QUIT.has(key)) closed.abort()
      else if (key === ' ') void next()
    },
    onResize: () => screen.draw(lines()),
  })
  try {
    screen.draw(lines())
    timer = setTimeout(() => void next(), EVERY_MS)
    await Promise.race([quit, options.stopSignal()])
  } finally {
    closed.abort()
    clearTimeout(timer)
    screen.close()
  }
}
