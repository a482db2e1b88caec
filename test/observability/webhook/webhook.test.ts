import { pino } from 'pino'
import t, { type Test } from 'tap'
import type { StateEvent } from '../../../src/observability/events.js'
import { createWebhook, MAX_WAITING } from '../../../src/observability/webhook/webhook.js'
import { buildTestProxy } from '../../server/build.js'
import { until } from '../../server/client.js'
import { startStandIn } from '../../cli/stand-in.js'

const EVENT: StateEvent = { event: 'resumed', scope: 'window', by: 'hand' }

function webhookTo(t: Test, target: { url?: string; token?: string }, backoffMs: number[] = []) {
  const webhook = createWebhook({
    target: () => target,
    log: pino({ level: 'silent' }),
    wallMs: () => 0,
    backoffMs,
  })
  t.teardown(() => webhook.close())
  return webhook
}

t.test('one POST of JSON, with the token', async (t) => {
  const { url, asked } = await startStandIn(t, () => ({ body: {} }))
  const webhook = webhookTo(t, { url: `${url}/hook`, token: 'for-you' })
  webhook.send(EVENT)
  await until(() => webhook.size() === 0, 'the delivery')
  t.equal(asked.length, 1)
  t.match(asked[0], { method: 'POST', path: '/hook', authorization: 'Bearer for-you' })
  t.same(JSON.parse(asked[0]?.body ?? ''), { ...EVENT, at: '1970-01-01T00:00:00.000Z' })
})

t.test('tried again until it is taken, in order', async (t) => {
  let failures = 2
  const { url, asked } = await startStandIn(t, () => ({
    status: failures-- > 0 ? 500 : 200,
    body: {},
  }))
  const webhook = webhookTo(t, { url }, [1, 1, 1])
  webhook.send(EVENT)
  webhook.send({ ...EVENT, scope: 'account:b' })
  await until(() => webhook.size() === 0, 'the deliveries')
  t.equal(asked.length, 4)
  t.match(
    asked.map(({ body }) => body),
    [/window/, /window/, /window/, /account:b/],
  )
})

t.test('given up, and the next one is tried', async (t) => {
  const { url, asked } = await startStandIn(t, (_path) => ({ status: 500, body: {} }))
  const webhook = webhookTo(t, { url }, [1])
  webhook.send(EVENT)
  webhook.send(EVENT)
  await until(() => webhook.size() === 0, 'the end')
  t.equal(asked.length, 4)
})

t.test('what waits is bounded, and nothing waits where nobody is to be told', async (t) => {
  const nobody = webhookTo(t, {})
  nobody.send(EVENT)
  t.equal(nobody.size(), 0)
  const webhook = webhookTo(t, { url: 'http://127.0.0.1:1/' }, [2 ** 30])
  for (let i = 0; i < MAX_WAITING * 2; i++) webhook.send(EVENT)
  t.equal(webhook.size(), MAX_WAITING)
  webhook.close()
  webhook.send(EVENT)
  t.equal(webhook.size(), 0)
})

t.test('a pause and its end are told, and nobody waits for that', async (t) => {
  const { url, asked } = await startStandIn(t, () => ({ body: {} }))
  const { ask, sim } = await buildTestProxy(t, { settings: { notify: { url } } })
  const act = (path: string, body: object = {}) =>
    ask(path, {
      method: 'POST',
      token: null,
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    })
  sim.setFaults([{ kind: 'status', status: 400, apiCode: 12 }])
  await ask('/project/', { headers: { prefer: 'wait=0' } })
  sim.setFaults([])
  await act('/-/resume')
  await act('/-/pause', { scope: 'account:default', detail: 'month end' })
  t.equal((await ask('/client/', { headers: { prefer: 'wait=0' } })).status, 503)
  await act('/-/resume', { scope: 'account:default' })
  await until(() => asked.length === 4, 'four events')
  t.match(
    asked.map(({ body }) => JSON.parse(body) as object),
    [
      { event: 'paused', scope: 'window', reason: 'too-fast' },
      { event: 'resumed', scope: 'window', by: 'hand' },
      { event: 'paused', scope: 'account:default', seconds: null, detail: 'month end' },
      { event: 'resumed', scope: 'account:default', by: 'hand' },
    ],
  )
  t.notMatch(JSON.stringify(asked), /agencyadm01/)
})
