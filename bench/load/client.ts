/** Starts client.mjs and reads what it measured. */

import { CORES, launch } from '../children.js'

export interface ClientPlan {
  readonly port: number
  readonly headers: Readonly<Record<string, string>>
  readonly connections?: number
  readonly method?: 'GET' | 'PUT'
  /** One after the other. Else `target` at a rate. */
  readonly targets?: readonly string[]
  readonly target?: string
  readonly ratePerSecond?: number
  readonly seconds?: number
  readonly walk?: Walk
}

/** So many requests as fast as they are answered, for the targets `path` and a number below `entries`. */
export interface Walk {
  readonly path: string
  readonly entries: number
  /** From one target to the next; a prime that does not divide `entries`. */
  readonly stride: number
  /** Where in the walk it begins. */
  readonly from: number
  readonly count: number
}

interface Report {
  readonly latencies: readonly number[]
  readonly elapsedMs: number
  readonly statuses: Readonly<Record<string, number>>
}

/** Latencies in milliseconds, in the order in which the answers came. */
export async function latenciesOf(plan: ClientPlan): Promise<readonly number[]> {
  return (await reportOf(plan)).latencies
}

/** How long it took, milliseconds. */
export async function walkMs(plan: ClientPlan & { readonly walk: Walk }): Promise<number> {
  return (await reportOf(plan)).elapsedMs
}

async function reportOf(plan: ClientPlan): Promise<Report> {
  const child = launch(process.execPath, ['bench/load/client.mjs', JSON.stringify(plan)], {
    core: CORES.load,
  })
  const code = await child.ended
  if (code !== 0) throw new Error(`the load failed: ${child.output().slice(-500)}`)
  const report = JSON.parse(child.output()) as Report
  const failed = Object.keys(report.statuses).filter(
    (status) => status !== '200' && status !== '304',
  )
  if (failed.length > 0) throw new Error(`answered with ${failed.join(', ')}`)
  return report
}
