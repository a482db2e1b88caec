/** pino: readable on a terminal, JSON elsewhere. Headers and bodies never get here, so no secrets do. */

import { pino } from 'pino'
import type { Logger, LoggerOptions } from 'pino'
import pretty from 'pino-pretty'
import { errorFields } from './error-fields.js'
import { linesByTurn } from './lines-by-turn.js'
import { PRETTY } from './pretty-log.js'

/** pino's own, written once for all lines of a millisecond: it was a third of what a line costs. */
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

export function createLogger(level: string): Logger {
  const options = loggerOptions(level)
  if (!process.stdout.isTTY) {
    const lines = linesByTurn(pino.destination({ fd: 1, sync: true }))
    process.once('exit', () => lines.flushSync())
    return pino(options, lines)
  }
  return pino(options, pretty(PRETTY))
}
