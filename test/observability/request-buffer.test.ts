import t from 'tap'
import { OTHERS } from '../../src/limits/index.js'
import { MAX_GROUPS, MAX_LAST, RequestBuffer } from '../../src/observability/request-buffer.js'
import { finished } from './finished.js'

t.test('however many requests there were, the buffer is bounded and counts them all', async (t) => {
  const buffer = new RequestBuffer()
  const many = MAX_GROUPS * 3
  for (let index = 0; index < many; index++) {
    buffer.add(finished({ client: `c${index}`, target: `/task/${index}/?q=1` }))
  }
  const { groups, last } = buffer.take()
  t.equal(groups.length, MAX_GROUPS + 1)
  t.equal(
    groups.reduce((sum, { count }) => sum + count, 0),
    many,
  )
  t.match(groups.at(-1), { path: OTHERS, client: OTHERS, count: many - MAX_GROUPS })
  t.equal(last.length, MAX_LAST)
  t.match(last.at(-1)?.request, { target: `/task/${many - 1}/?q=1` })
  t.strictSame(buffer.take(), { groups: [], last: [] })
})

t.test('requests with the same names are one group, with the sums of their waits', async (t) => {
  const buffer = new RequestBuffer()
  buffer.add(finished({ way: 'fetched', queuedMs: 30, upstreamMs: 200 }))
  buffer.add(finished({ way: 'fetched', queuedMs: 50, upstreamMs: 100 }))
  buffer.add(finished({ way: 'refused', outcome: 'refused', detail: 'day-spent' }))
  const { groups } = buffer.take()
  t.match(groups, [
    { way: 'fetched', count: 2, wait: [2, 80, 50], upstream: [2, 300, 200] },
    { way: 'refused', refusal: 'day-spent', count: 1, wait: [1, 5, 5] },
  ])
})

t.test('what another process recorded is merged into the same groups, once', async (t) => {
  const [worker, primary] = [new RequestBuffer(), new RequestBuffer()]
  worker.add(finished({}))
  worker.add(finished({}))
  primary.add(finished({}))
  primary.merge({ ...worker.take(), calls: 0 })
  primary.merge({ ...worker.take(), calls: 0 })
  const { groups, last } = primary.take()
  t.match(groups, [{ way: 'hit', count: 3 }])
  t.equal(last.length, 3)
})
