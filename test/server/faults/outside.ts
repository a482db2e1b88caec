/** The upstream and the consumers in a thread of their own, so that the proxy has its loop alone. */
import { parentPort, workerData } from 'node:worker_threads'
import { startHostileUpstream } from './hostile-upstream.js'
import { TABLES } from './tables.js'
import { inTurns, meetFault, planOf, WAYS } from './ways.js'

const faults = TABLES.flatMap(([, rows]) => rows)
const upstream = await startHostileUpstream({ teardown() {} }, { faultOf: planOf(faults) })
parentPort?.postMessage({ url: upstream.url })
parentPort?.once('message', async ({ port }: { port: number }) => {
  let requests = 0
  for (const way of WAYS) {
    await inTurns(
      [...faults.keys()],
      async (index) => {
        await meetFault(port, way, index)
        requests++
      },
      (workerData as { atOnce: number }).atOnce,
    )
  }
  parentPort?.postMessage({ requests })
})
