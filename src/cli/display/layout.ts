/** Text in columns, bars and paragraphs. Everything shown is one column wide for each character. */
import { stripVTControlCharacters } from 'node:util'

/** Without colours. */
const lengthOf = (text: string): number => stripVTControlCharacters(text).length

/** Rows with aligned columns; the columns in `right` are aligned on the right. */
export function columns(
  rows: readonly (readonly string[])[],
  { right = [] }: { readonly right?: readonly number[] } = {},
): string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [at, text] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, lengthOf(text))
  }
  const padded = (text: string, at: number): string => {
    const gap = ' '.repeat((widths[at] ?? 0) - lengthOf(text))
    return right.includes(at) ? gap + text : text + gap
  }
  return rows.map((row) => row.map(padded).join('  ').trimEnd())
}

/** How full it is: at least one square of anything, and all of them when nothing is left. */
export function bar(part: number, whole: number, width: number): string {
  const share = whole <= 0 ? 1 : part / whole
  const full = share >= 1 ? width : Math.min(width - 1, Math.ceil(share * width))
  return '█'.repeat(full) + '░'.repeat(width - full)
}

/** Words of `text` in lines of at most `width` characters, where a word is not longer. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = ''
    }
    line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
