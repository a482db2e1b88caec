// An upstream that is another intervals-proxy: when that one is busy, Intervals has refused nothing.
import t from 'tap'
import { buildTestProxy, startUpstream } from './build.js'

const busy = (code: number) =>
  JSON.stringify({ code, source: 'intervals-proxy', error: { code: 12, reason: 'WAIT_TOO_LONG' } })

t.test('its refusal is passed on with its Retry-After, and pauses nothing', async (t) => {
  for (const [status, reason] of [
    [429, 'GATEWAY_BUSY'],
    [503, 'GATEWAY_UNAVAILABLE'],
  ] as const) {
    let isBusy = true
    const upstream = await startUpstream(t, (_request, response) => {
      response.setHeader('content-type', 'application/json')
      if (isBusy) response.writeHead(status, { 'retry-after': '7' }).end(busy(status))
      else response.end('{"code":200}')
    })
    const { ask } = await buildTestProxy(t, { upstreamUrl: upstream.url })
    for (const [method, path] of [
      ['GET', '/client/'],
      ['GET', '/timer/'],
      ['PUT', '/client/1/'],
    ] as const) {
      const answer = await ask(path, { method })
      t.equal(answer.status, status, `${method} ${path}`)
      t.equal(answer.headers['retry-after'], '7')
      t.match(JSON.parse(answer.text), { source: 'intervals-proxy', error: { reason } })
    }
    isBusy = false
    t.equal((await ask('/client/')).status, 200, 'the next request goes out at once')
    const { budgets } = JSON.parse((await ask('/-/status')).text) as { budgets: object }
    t.match(budgets, { minute: { max: 10_000 } })
    t.notMatch(JSON.stringify(budgets), /too-fast/)
  }
})
