/** Colours for words that stand for themselves without them. */
import { styleText } from 'node:util'
import type { Context } from '../context.js'

export interface Paint {
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly good: (text: string) => string
  readonly warn: (text: string) => string
  readonly bad: (text: string) => string
}

const PLAIN: Paint = {
  bold: String,
  dim: String,
  good: String,
  warn: String,
  bad: String,
}

const styled =
  (style: Parameters<typeof styleText>[0]) =>
  (text: string): string =>
    // Whether there are colours was asked of the terminal, see terminal.ts.
    styleText(style, text, { validateStream: false })

const COLOURS: Paint = {
  bold: styled('bold'),
  dim: styled('dim'),
  good: styled('green'),
  warn: styled('yellow'),
  bad: styled('red'),
}

/** Without a terminal. */
const COLUMNS = 100

/** How to show something, where it is shown. */
export function viewport({ terminal }: Pick<Context, 'terminal'>): {
  readonly paint: Paint
  readonly columns: number
} {
  return {
    paint: terminal?.hasColours === true ? COLOURS : PLAIN,
    columns: terminal?.size().columns ?? COLUMNS,
  }
}
