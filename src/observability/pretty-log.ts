/** The log on a terminal: one line for each entry; the line of a request explains its answer. */

import type { PrettyOptions } from 'pino-pretty'
import type { ErrorFields } from './error-fields.js'
import { printable } from './printable.js'
import { requestLine, type RequestFields } from './request-line.js'

/** pino's level `error`. */
const ERROR_LEVEL = 50
/** Written by pino-pretty itself, or of no use on a terminal. */
const LEFT_OUT: ReadonlySet<string> = new Set(['level', 'time', 'msg', 'reqId'])

/** NO_COLOR, FORCE_COLOR and TERM are obeyed by pino-pretty, unless `colorize` is given. */
export const PRETTY = {
  sync: true,
  translateTime: 'SYS:HH:MM:ss',
  // The message contains the fields that are shown.
  hideObject: true,
  // Text without a colour of its own has the colour of the terminal.
  customColors: 'message:reset',
  useOnlyCustomProps: false,
  messageFormat: (line, messageKey, _level, { colors }) => {
    const message = textOf(line[messageKey] ?? '')
    if (message === 'request' && 'outcome' in line) {
      // Written by access-log.ts, in this process.
      return requestLine(line as unknown as RequestFields, colors)
    }
    const parts = [printable(message), colors.gray(fieldsOf(line)), errorIn(line)]
    return parts
      .filter((part) => part !== '')
      .join(' ')
      .replaceAll(' \n', '\n')
  },
} as const satisfies PrettyOptions

function fieldsOf(line: Readonly<Record<string, unknown>>): string {
  const shown = Object.entries(line).filter(([name]) => !LEFT_OUT.has(name) && name !== 'err')
  return shown.map(([name, value]) => `${name}=${printable(quoted(textOf(value)))}`).join(' ')
}

const quoted = (text: string): string => (/\s/u.test(text) ? JSON.stringify(text) : text)

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value)

/** What an error adds to the message; above a warning also its stack. */
function errorIn({ err, level, msg }: Readonly<Record<string, unknown>>): string {
  if (typeof err !== 'object' || err === null) return ''
  // Written by error-fields.ts.
  const fields = err as ErrorFields
  const { message, stack, cause } = fields
  const because = cause === undefined ? [] : [`caused by ${summaryOf(cause)}`]
  if (Number(level) < ERROR_LEVEL) {
    const [said] = message === msg ? because : [summaryOf(fields)]
    return said === undefined ? '' : `(${printable(said)})`
  }
  const lines = stack === undefined ? [summaryOf(fields)] : [...stack.split('\n'), ...because]
  return lines.map((text) => `\n    ${printable(text.trim())}`).join('')
}

const summaryOf = ({ type, message, cause }: ErrorFields): string =>
  `${type}: ${message}${cause === undefined ? '' : `, caused by ${summaryOf(cause)}`}`
