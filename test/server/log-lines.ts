// A logger whose lines a test reads as objects.

import { Writable } from 'node:stream'
import { pino } from 'pino'

export type LogLine = Record<string, unknown>

/** A logger of level info, and the lines that it has written, oldest first. */
export function loggerWithLines() {
  const lines: LogLine[] = []
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(chunk.toString()) as LogLine)
      done()
    },
  })
  return { logger: pino({ level: 'info' }, sink), lines }
}
