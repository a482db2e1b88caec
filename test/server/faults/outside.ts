/** The upstream and the consumers in a process of their own, so that the proxy has one to itself. */
import { ask } from '../client.js'
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
  // What a process does for the first time takes its compiler's time.
  for (const way of WAYS) {
    for (let round = 0; round < 20; round++) await ask(port, `${way.path}?${round}`, way.request)
  }
  process.send?.('warm')
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
