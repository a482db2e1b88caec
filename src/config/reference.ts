/** The tables of settings in config/README.md, between two markers. */
import { SECTIONS, SETTINGS, type Setting } from './settings.js'

const START = '<!-- generated from src/config by "npm run generate": start -->'
const END = '<!-- generated: end -->'

/** `page` with its tables replaced by tables made from the schema. */
export function withReference(page: string): string {
  const [start, end] = [page.indexOf(START), page.indexOf(END)]
  if (start === -1 || end < start) throw new TypeError(`no "${START}" … "${END}" in the page`)
  return page.slice(0, start + START.length) + `\n\n${reference()}\n\n` + page.slice(end)
}

function reference(): string {
  return SECTIONS.flatMap(({ key, description }) => {
    const settings = SETTINGS.filter((setting) => sectionOf(setting) === key)
    if (settings.length === 0) return []
    const rows = settings.map((setting) => [
      code(setting.key),
      names(setting),
      initial(setting),
      cell(setting.keyword.expected),
      cell(setting.description),
    ])
    return [`### ${key}`, cell(description), table(rows)]
  }).join('\n\n')
}

function table(rows: readonly (readonly string[])[]): string {
  const all = [['Key', 'Variable, flag', 'Default', 'Value', 'Effect'], ...rows]
  const widths = (all[0] ?? []).map((_, column) =>
    Math.max(...all.map((row) => row[column]?.length ?? 0)),
  )
  const rule = widths.map((width) => '-'.repeat(width))
  const [head = [], ...body] = all
  return [head, rule, ...body]
    .map((row) => `| ${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |`)
    .join('\n')
}

function sectionOf({ key }: Setting): string {
  return key.slice(0, key.lastIndexOf('.'))
}

function names({ keyword }: Setting): string {
  const flag = keyword.flag?.split(' ')[0]
  return [keyword.variable, flag].flatMap((name) => (name ? [code(name)] : [])).join(', ') || '-'
}

function initial({ written, keyword }: Setting): string {
  return written === undefined ? cell(keyword.unset ?? 'none') : code(String(written))
}

function code(text: string): string {
  return `\`${text}\``
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
