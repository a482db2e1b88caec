/** pino: readable on a terminal, JSON elsewhere. Headers and bodies never get here, so no secrets do. */

import { pino } from 'pino'
import type { Logger } from 'pino'
import pretty from 'pino-pretty'

export function createLogger(level: string): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: {
      paths: ['authorization', '*.authorization', 'headers', '*.headers', 'err.cause.headers'],
      censor: '[redacted]',
    },
  }
  if (!process.stdout.isTTY) return pino(options, pino.destination({ fd: 1, sync: true }))
  return pino(options, pretty({ sync: true, ignore: 'reqId', translateTime: 'SYS:HH:MM:ss' }))
}
