/** The tables of docs/performance.md, written from the figures. */

import { readFileSync, writeFileSync } from 'node:fs'
import { readResults } from './results.js'
import type { Results } from './results.js'
import { markdownTable } from './table.js'
import type { Row } from './table.js'

export const PAGE = 'docs/performance.md'

export function writeDocs(json: string): void {
  writeFileSync(PAGE, withFigures(readFileSync(PAGE, 'utf8'), readResults(json)))
  console.log(`${PAGE}: tables written from ${json}`)
}

/** What stands after `<!-- figures: NAME -->`: a title and a table. The rest of the page stays. */
export function withFigures(page: string, results: Results): string {
  const blocks = new Map<string, string>()
  const parts = Object.values(results)
  for (const { tables } of parts) {
    for (const { name, title, rows } of tables) {
      blocks.set(name, `_${escaped(title)}_\n\n${markdownTable(rows)}`)
    }
  }
  blocks.set('goals', markdownTable(goalsOf(results)))
  blocks.set('machine', markdownTable(machineOf(results)))
  const written = page.replaceAll(
    /<!-- figures: ([\w-]+) -->\n\n(?:_.*_\n\n)?(?:\|.*\n)*/gu,
    (whole, name: string) => {
      const block = blocks.get(name)
      return block === undefined ? whole : `<!-- figures: ${name} -->\n\n${block}`
    },
  )
  // Where no table stood before, the line below it would become a row of it.
  return written.replaceAll(/^(\|.*\n)(?=[^|\n])/gmu, '$1\n')
}

const escaped = (text: string): string => text.replaceAll('_', '\\_')

function goalsOf(results: Results): readonly Row[] {
  return Object.values(results).flatMap(({ goals }) =>
    goals.map(({ what, goal, measured, isReached }) => ({
      what,
      goal,
      measured,
      reached: isReached ? 'yes' : '**no**',
    })),
  )
}

/** Of the newest part; where parts were measured at different states of the code, all are named. */
function machineOf(results: Results): readonly Row[] {
  const parts = Object.values(results).toSorted((a, b) => a.at.localeCompare(b.at))
  const newest = parts.at(-1)?.machine ?? []
  const commits = new Set(
    parts.flatMap(({ machine }) =>
      machine.filter(({ what }) => what === 'Commit').map(({ value }) => String(value)),
    ),
  )
  const days = new Set(parts.map(({ at }) => at.slice(0, 10)))
  return [
    { what: 'Date', value: [...days].join(', ') },
    ...newest.map((row) =>
      row['what'] === 'Commit' ? { ...row, value: [...commits].join(', ') } : row,
    ),
  ]
}
