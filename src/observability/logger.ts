/** pino: readable on a terminal, JSON elsewhere. Headers and bodies are never logged, so no secrets are. */

import type { Readable } from 'node:stream'
import { pino } from 'pino'
import type { DestinationStream, Logger, LoggerOptions } from 'pino'
import { prettyFactory } from 'pino-pretty'
import { errorFields } from './error-fields.js'
import { createLogOutput } from './log-output.js'
import type { LogOutput } from './log-output.js'
import { fileTarget, standardOutput } from './log-target.js'
import { PRETTY } from './pretty-log.js'

/** pino's own time, formatted once for all lines of a millisecond: it was a third of what a line costs. */
function isoTimeByMs(): () => string {
  let ms = NaN
  let text = ''
  return () => {
    const nowMs = Date.now()
    if (nowMs !== ms) {
      ms = nowMs
      text = `,"time":"${new Date(nowMs).toISOString()}"`
    }
    return text
  }
}

/** The same wherever the lines go. */
export function loggerOptions(level: string): LoggerOptions {
  return {
    level,
    base: null,
    timestamp: isoTimeByMs(),
    serializers: { err: (error: unknown) => errorFields(error) },
    redact: {
      paths: ['authorization', '*.authorization', 'headers', '*.headers'],
      censor: '[redacted]',
    },
  }
}

export interface OwnLog {
  readonly logger: Logger
  readonly output: LogOutput
  /** Takes the lines of another process, as `createLogger` writes them there. */
  readonly forward: (lines: Readable) => void
}

export interface LogSettings {
  readonly level: string
  /** Path of a file; undefined: standard output. */
  readonly file?: string | undefined
}

/** @throws Error when the file cannot be opened */
export function createLogger({ level, file }: LogSettings): OwnLog {
  const output = createLogOutput({
    target: file === undefined ? standardOutput() : fileTarget(file),
    onRecovered({ lines, sinceMs, reason }) {
      const since = new Date(sinceMs).toISOString()
      logger.warn(
        { droppedLines: lines, since, reason },
        `the log lost ${lines === 1 ? '1 line' : `${lines} lines`} since ${since}: ${reason}. It is written again`,
      )
    },
    onReopenFailed: (error) =>
      logger.error({ err: error }, `log.file cannot be opened again; the old file stays in use`),
  })
  const isForPeople = file === undefined && process.stdout.isTTY
  const lines = isForPeople ? prettyLines(output) : output
  const logger = pino(loggerOptions(level), lines)
  process.once('exit', () => output.flushSync())
  return { logger, output, forward: (stream) => forward(stream, lines) }
}

/** Longer than any line; without an end by then it is none. */
const MAX_LINE = 1_048_576

/** Whole lines, one by one, because dropped lines are counted. */
function forward(stream: Readable, lines: DestinationStream): void {
  let rest = ''
  stream.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n')
    rest = (parts.pop() ?? '').slice(0, MAX_LINE)
    for (const line of parts) lines.write(`${line}\n`)
  })
}

function prettyLines(output: LogOutput): DestinationStream & { flushSync(): void } {
  const toText = prettyFactory(PRETTY)
  return {
    write: (line) => output.write(toText(line) ?? ''),
    flushSync: () => output.flushSync(),
  }
}
