/** Tables: for a terminal, and for the documentation. */

export type Row = Readonly<Record<string, string | number>>

export interface Table {
  /** In `<!-- figures: NAME -->` of docs/performance.md. */
  readonly name: string
  readonly title: string
  readonly rows: readonly Row[]
}

/** @throws TypeError for a name of digits alone: objects have those first, wherever they were put */
function columnsOf(rows: readonly Row[]): readonly string[] {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const digits = names.find((name) => /^\d+$/u.test(name))
  if (digits === undefined) return names
  throw new TypeError(`a column may not be called ${digits}: add a word to it`)
}

const cellOf = (row: Row, column: string): string => String(row[column] ?? '')

function widthsOf(columns: readonly string[], rows: readonly Row[]): readonly number[] {
  return columns.map((name) =>
    Math.max(3, name.length, ...rows.map((row) => cellOf(row, name).length)),
  )
}

export function printTable(title: string, rows: readonly Row[]): void {
  const columns = columnsOf(rows)
  const widths = widthsOf(columns, rows)
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd()
  console.log(`\n${title}\n`)
  console.log(line(columns))
  console.log(line(widths.map((width) => '-'.repeat(width))))
  for (const row of rows) console.log(line(columns.map((name) => cellOf(row, name))))
}

/** As prettier formats it. */
export function markdownTable(rows: readonly Row[]): string {
  const columns = columnsOf(rows)
  const escaped = rows.map((row) =>
    Object.fromEntries(columns.map((name) => [name, cellOf(row, name).replaceAll('|', '\\|')])),
  )
  const widths = widthsOf(columns, escaped)
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |\n`
  return [
    line(columns),
    line(widths.map((width) => '-'.repeat(width))),
    ...escaped.map((row) => line(columns.map((name) => cellOf(row, name)))),
  ].join('')
}
