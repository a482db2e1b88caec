/** The upstream and the consumers in a process of their own, so that the proxy has one to itself. */
import { startHostileUpstream } from './hostile-upstream.js'
import { TABLES } from './tables.js'
import { inTurns, meetFault, planOf, WAYS } from './ways.js'

const faults = TABLES.flatMap(([, rows]) => rows)
const upstream = await startHostileUpstream({ teardown() {} }, { faultOf: planOf(faults) })
process.once('message', ({ port, atOnce }: { port: number; atOnce: number }) => {
  void play(port, atOnce)
})
process.send?.({ url: upstream.url })

async function play(port: number, atOnce: number): Promise<void> {
  let requests = 0
  for (const way of WAYS) {
    const meet = async (index: number): Promise<void> => {
      await meetFault(port, way, index)
      requests++
    }
    await inTurns([...faults.keys()], meet, atOnce)
  }
  process.send?.({ requests })
}
