import t from 'tap'
import { startReplicas } from './replicas.js'
t.test('basic', async (t) => {
  const { replicas: [a, b], sim, lines } = await startReplicas(t)
  const r1 = await a!.ask('/client/')
  console.error(r1.status, r1.headers['cache-status'])
  const r2 = await b!.ask('/client/')
  console.error(r2.status, r2.headers['cache-status'])
  const r3 = await b!.ask('/client/')
  console.error(r3.status, r3.headers['cache-status'])
  console.error(sim.arrivals.map(x => x.method + x.target))
  console.error(JSON.stringify(lines).slice(0, 3000))
  console.error((await a!.ask('/-/status')).text)
})
