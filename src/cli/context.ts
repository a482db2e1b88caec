/** What a command may use of the process; only main.ts and terminal.ts touch the process itself. */
export interface Context {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Directory that relative paths start from. */
  readonly cwd: string
  /** The text of a file; throws if it cannot be read. */
  readonly readFile: (path: string) => string
  /** Whether there is a file at an absolute path. Default: there is none. */
  readonly exists?: (path: string) => boolean
  /** Write a line to standard output. */
  readonly out: (line: string) => void
  /** Write a line to standard error. */
  readonly err: (line: string) => void
  /** Resolves when the process is asked to end, by SIGINT or SIGTERM. */
  readonly stopSignal: () => Promise<void>
  /** The terminal behind standard output; undefined: it goes to a file or a pipe. */
  readonly terminal?: Terminal | undefined
  /**
   * Show a line on standard error that the next one replaces; an empty one clears it. Undefined:
   * standard error is no terminal.
   */
  readonly note?: ((line: string) => void) | undefined
}

export interface Terminal {
  readonly hasColours: boolean
  /** As it is now. */
  size(): { readonly columns: number; readonly rows: number }
  /** Takes the whole terminal, until it is closed. */
  openScreen(listeners: ScreenListeners): Screen
}

export interface ScreenListeners {
  /** Told what a key sends: one character, or a sequence that begins with Escape. */
  readonly onKey: (key: string) => void
  readonly onResize: () => void
}

export interface Screen {
  /** What does not fit is left out, at the right and below. */
  draw(lines: readonly string[]): void
  /** Gives back the terminal, as it was before. */
  close(): void
}

/** Exit codes: scripts rely on them. */
export const EXIT = {
  ok: 0,
  /** Bad configuration, port taken, data directory in use, or a check that failed. */
  refused: 1,
  /** An unknown command, an unknown flag or a bad value of one. */
  usage: 2,
  /** Of `status`: the proxy is hindered, or cannot answer requests that need a call. */
  degraded: 3,
  down: 4,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** A mistake in how the command was used, printed as one line without a stack. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly exitCode: ExitCode

  constructor(message: string, exitCode: ExitCode = EXIT.refused) {
    super(message)
    this.exitCode = exitCode
  }
}
