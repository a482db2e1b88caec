/** A key that one replica has seen is known to all. */

import t from 'tap'
import { withoutRedis } from './redis-process.js'
import { startReplicas } from './replicas.js'

const SKIP = withoutRedis === false ? {} : { skip: withoutRedis }

t.test('the same POST with the same key at two replicas is one call', SKIP, async (t) => {
  const { askInTurn, sim } = await startReplicas(t)
  const post = (i: number) =>
    askInTurn(i, '/time/', {
      method: 'POST',
      headers: { 'idempotency-key': '"one"', 'content-type': 'application/json' },
      body: JSON.stringify({ personid: 100001, date: '2026-11-02', time: 1, worktypeid: 1 }),
    })
  const first = await post(0)
  const second = await post(1)
  t.equal(second.text, first.text)
  t.equal(second.status, first.status)
  const posts = (): number => sim.arrivals.filter(({ method }) => method === 'POST').length
  t.equal(posts(), 1)
})

t.test('ten at once with the same key at two replicas: one call', SKIP, async (t) => {
  const { askInTurn, sim } = await startReplicas(t)
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, i) =>
      askInTurn(i, '/time/', {
        method: 'POST',
        headers: { 'idempotency-key': '"many"', 'content-type': 'application/json' },
        body: '{}',
      }),
    ),
  )
  t.equal(sim.arrivals.filter(({ method }) => method === 'POST').length, 1)
  const kinds = new Set(answers.map((answer) => answer.text))
  t.ok(kinds.size <= 2, 'the answer, or the word that it is on its way')
})
