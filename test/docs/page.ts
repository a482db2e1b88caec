/** Pages of the documentation, and the tables in them that the code is the source of. */
import { readFileSync, writeFileSync } from 'node:fs'
import type { Test } from 'tap'
import { inProject } from '../project.js'

type Rows = readonly (readonly string[])[]

export const readPage = (name: string): string => readFileSync(inProject(name), 'utf8')

/** The first table after `<!-- table: NAME -->`, heading included, without its rule. */
export function tableIn(page: string, name: string): Rows {
  const { lines } = locate(page, name)
  return lines
    .filter((_, index) => index !== 1)
    .map((line) =>
      line
        .split(/(?<!\\)\|/u)
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('\\|', '|')),
    )
}

/** Fails if the table differs. With UPDATE_DOCS=1 in the environment it is written instead. */
export function checkTable(
  t: Test,
  pageName: string,
  { name, rows }: { name: string; rows: Rows },
) {
  const page = readPage(pageName)
  if (process.env['UPDATE_DOCS'] === '1') {
    const { before, after } = locate(page, name)
    writeFileSync(inProject(pageName), before + render(rows) + after)
  }
  t.strictSame(
    tableIn(readPage(pageName), name),
    rows,
    `${pageName}, table "${name}"; UPDATE_DOCS=1 npx tap test/docs writes it`,
  )
}

function locate(page: string, name: string): { before: string; after: string; lines: string[] } {
  const marker = `<!-- table: ${name} -->\n\n`
  const at = page.indexOf(marker)
  if (at === -1) throw new TypeError(`no "${marker.trim()}" in the page`)
  const start = at + marker.length
  const table = /^(?:\|.*\n)*/u.exec(page.slice(start))?.[0] ?? ''
  const lines = table.split('\n').filter((line) => line !== '')
  return { before: page.slice(0, start), after: page.slice(start + table.length), lines }
}

/** As prettier formats it. */
function render(rows: Rows): string {
  const cells = rows.map((row) => row.map((cell) => cell.replaceAll('|', '\\|')))
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  )
  const rule = widths.map((width) => '-'.repeat(width))
  const [head = [], ...body] = cells
  return [head, rule, ...body]
    .map((row) => `| ${row.map((text, i) => text.padEnd(widths[i] ?? 0)).join(' | ')} |\n`)
    .join('')
}
