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
}

/** Latencies in milliseconds, in the order in which the answers came. */
export async function latenciesOf(plan: ClientPlan): Promise<readonly number[]> {
  const child = launch(process.execPath, ['bench/load/client.mjs', JSON.stringify(plan)], {
    core: CORES.load,
  })
  const code = await child.ended
  if (code !== 0) throw new Error(`the load failed: ${child.output()}`)
  const { latencies, statuses } = JSON.parse(child.output()) as {
    latencies: number[]
    statuses: Record<string, number>
  }
  const failed = Object.keys(statuses).filter((status) => status !== '200' && status !== '304')
  if (failed.length > 0) throw new Error(`answered with ${failed.join(', ')}`)
  return latencies
}
