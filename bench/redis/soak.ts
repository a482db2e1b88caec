/** `npm run soak -- --redis`: the chaos of chaos.ts for minutes, and what came of it. */

import { quantile } from '../figures.js'
import { chaos } from './chaos.js'
import { withoutRedis } from './redis-server.js'

export async function soakRedis(options: {
  readonly minutes: number
  readonly seed: number
}): Promise<boolean> {
  if (withoutRedis !== false) {
    console.error(withoutRedis)
    return false
  }
  const { minutes, seed } = options
  const report = await chaos({ seconds: minutes * 60, seed, log: console.log })
  const { recoveries, ...rest } = report
  const times = recoveries.map(({ ms }) => ms)
  console.log(JSON.stringify(rest, null, 2))
  console.log(`recovery: median ${quantile(times, 0.5)} ms, longest ${Math.max(...times)} ms`)
  return (
    report.maxInAnyWindow <= report.windowMax &&
    report.dayUsed <= report.dayMax &&
    report.lost.length === 0
  )
}
