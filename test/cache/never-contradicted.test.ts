// Reads, writes, purges and crashes in any order: once a write has been acknowledged, to anybody, no
// read that begins later shows a state from before it; and nobody gets another credential's answer.

import { fork } from 'node:child_process'
import t from 'tap'
import { loaderOnly } from './process-options.js'
import type { Report } from './schedules-process.js'
import { moduleAt } from '../project.js'

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 3_000)
const PROCESS = moduleAt('./schedules-process', import.meta)

function run(runs: number, isOnDisk: boolean): Promise<Report> {
  return new Promise((resolve, reject) => {
    const child = fork(PROCESS, [String(runs), String(isOnDisk)], loaderOnly())
    t.teardown(() => child.kill())
    child.once('message', (report) => resolve(report as Report))
    child.once('close', (code) => reject(new Error(`exit ${code} without a report`)))
  })
}

for (const isOnDisk of [false, true]) {
  // A crash of memory alone leaves nothing to go wrong.
  const runs = Math.round(isOnDisk ? (RUNS * 2) / 3 : RUNS / 3)
  t.test(`${runs} schedules, ${isOnDisk ? 'memory and disk' : 'memory'}`, async (t) => {
    const { problem, ...tally } = await run(runs, isOnDisk)
    t.comment(JSON.stringify(tally))
    t.equal(problem, undefined)
    const { reads, hits, joins, invalidated, informed, acknowledged } = tally
    t.ok(hits > reads / 50, `hits: ${hits} of ${reads} reads`)
    t.ok(joins > reads / 50, `joins: ${joins}`)
    t.ok(invalidated > reads / 100, `overtaken by a write: ${invalidated}`)
    t.ok(informed > reads / 10, `reads after an acknowledgement: ${informed} of ${acknowledged}`)
    t.ok(tally.stale > runs / 100 && tally.fallbacks > runs / 200, 'stale answers')
    t.ok(tally.crashes > runs / 5 && tally.purges > runs / 5, 'crashes and purges')
    if (!isOnDisk) return
    t.ok(tally.hitsAfterRestart > runs / 200, `hits from before a crash: ${tally.hitsAfterRestart}`)
    t.ok(tally.crashesInWrite > runs / 50, `crashes in a write: ${tally.crashesInWrite}`)
    t.ok(tally.lostFlushes > runs / 50, `crashes that lost something: ${tally.lostFlushes}`)
  })
}
