/**
 * `npm run bench`: every comparison, as tables and as JSON. `npm run bench -- PART ...` runs some,
 * `-- --quick` a little of each in under a minute, `-- --docs` writes docs/performance.md from the JSON.
 * `npm run soak` is the limits at the real 60 s; `npm run soak -- --faults --minutes 10` with everything
 * that can fail, failing at random; `npm run soak -- --redis --minutes 5` the same with three replicas
 * on one Redis.
 */

import { existsSync } from 'node:fs'
import { parseBenchArguments } from './arguments.js'
import type { BenchArguments } from './arguments.js'
import { writeDocs } from './docs.js'
import { machine } from './machine.js'
import type { Part, PartResult } from './part.js'
import { isPartName, PARTS, QUICK_PARTS } from './parts.js'
import type { PartName } from './parts.js'
import { storePart } from './results.js'
import { printTable } from './table.js'

const argv = process.argv.slice(2)
if (argv.includes('--soak')) await soak()
const known = { all: Object.keys(PARTS), quick: QUICK_PARTS }
const given = parsed(argv)
if (given.isDocs) {
  writeDocs(given.json)
  process.exit(0)
}
const needing = given.parts.filter((name) => isPartName(name) && PARTS[name].needsBuild)
if (needing.length > 0 && !existsSync('dist/main.js')) {
  const which = needing.join(', ')
  console.error(`${which}: measured is dist/, and there is none; npm run build makes it`)
  process.exit(2)
}

printTable('Measured on', machine())
console.log(
  given.isQuick
    ? '\nA quick look: few rounds. For figures to rely on, run it without --quick on an idle machine.'
    : `\n${given.parts.length} parts, about ${Math.ceil(secondsOf(given.parts) / 60)} min. The machine should have nothing else to do.`,
)
const goals: PartResult['goals'][number][] = []
const skipped = new Set<string>()
for (const batch of batchesOf(given.parts)) {
  for (const name of batch) console.log(`\n== ${name}: ${PARTS[name].about}`)
  for (const { name, result, seconds } of await Promise.all(batch.map(run))) {
    for (const { title, rows } of result.tables) printTable(title, rows)
    console.log(`\n   ${name} took ${seconds} s`)
    goals.push(...result.goals)
    for (const one of result.skipped) skipped.add(one)
    storePart(given.json, name, { ...result, isQuick: given.isQuick, seconds })
  }
}
if (goals.length > 0) {
  printTable(
    'Goals',
    goals.map(({ what, goal, measured, isReached }) => {
      const outcome = isReached ? 'reached' : 'missed'
      return { what, goal, measured, outcome }
    }),
  )
}
for (const one of skipped) console.log(`\nskipped: ${one}`)
console.log(`\nfigures: ${given.json}`)
process.exit(0)

function parsed(from: readonly string[]): BenchArguments {
  try {
    return parseBenchArguments(from, known)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    console.error(error.message)
    return process.exit(2)
  }
}

/** One after the other; in a quick look, those that leave the machine to others are run together. */
function batchesOf(names: readonly string[]): readonly (readonly PartName[])[] {
  const parts = names.filter(isPartName)
  if (!given.isQuick) return parts.map((name) => [name])
  const alone = parts.filter((name) => !PARTS[name].isLight).map((name) => [name])
  return [...alone, parts.filter((name) => PARTS[name].isLight)]
}

async function run(name: PartName) {
  const startedMs = performance.now()
  const part: Part = PARTS[name]
  const result = await part.run({
    isQuick: given.isQuick,
    say: (line) => console.log(`   ${given.isQuick ? `${name}: ` : ''}${line}`),
  })
  return { name, result, seconds: Math.round((performance.now() - startedMs) / 1_000) }
}

function secondsOf(names: readonly string[]): number {
  return names.reduce((sum, name) => sum + (isPartName(name) ? PARTS[name].seconds : 0), 0)
}

async function soak(): Promise<never> {
  if (argv.includes('--redis')) {
    const { soakRedis } = await import('./redis/soak.js')
    const isFine = await soakRedis({
      minutes: numberAfter('--minutes', 5),
      seed: numberAfter('--seed', 1),
    })
    process.exit(isFine ? 0 : 1)
  }
  if (!argv.includes('--faults')) {
    const { soakLimits } = await import('./limits/own.js')
    await soakLimits()
    process.exit(0)
  }
  const { soakFaults } = await import('./faults/soak.js')
  const isFine = await soakFaults({
    minutes: numberAfter('--minutes', 10),
    seed: numberAfter('--seed', 1),
  })
  process.exit(isFine ? 0 : 1)
}

function numberAfter(flag: string, otherwise: number): number {
  const at = argv.indexOf(flag)
  const value = at === -1 ? otherwise : Number(argv[at + 1])
  if (!(value > 0)) throw new TypeError(`${flag} needs a number above 0`)
  return value
}
