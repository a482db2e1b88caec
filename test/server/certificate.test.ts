import { readFileSync } from 'node:fs'
import t from 'tap'
import { buildTestProxy } from './build.js'
import { problemOf } from './client.js'
import { inProject } from '../project.js'

const pem = (name: string): string =>
  readFileSync(inProject(`test/fixtures/tls/${name}.pem`), 'utf8')

const localhost = { key: pem('localhost-key'), cert: pem('localhost-cert') }
const elsewhere = { key: pem('elsewhere-key'), cert: pem('elsewhere-cert') }

t.test('a certificate that nobody vouches for is refused, and the answer says why', async (t) => {
  const { ask, sim } = await buildTestProxy(t, { simulator: { tls: localhost } })
  for (const request of [{}, { method: 'PUT', body: '{"name":"x"}' }]) {
    const answer = await ask('/client/1/', request)
    t.equal(answer.status, 502)
    t.match(problemOf(answer).error, {
      reason: 'UPSTREAM_UNTRUSTED',
      message: /DEPTH_ZERO_SELF_SIGNED_CERT.*upstream\.ca/,
    })
    t.notMatch(answer.text, '127.0.0.1')
  }
  t.equal(sim.arrivals.length, 0, 'no token was sent')
})

t.test('with upstream.ca it is accepted', async (t) => {
  const { ask, sim } = await buildTestProxy(t, {
    simulator: { tls: localhost },
    deps: { upstreamCa: () => localhost.cert },
  })
  t.equal((await ask('/client/')).status, 200)
  t.equal((await ask('/nosuchthing/')).status, 400)
  t.equal(sim.arrivals.length, 2)
})

t.test('an authority that is replaced counts for the next connection', async (t) => {
  let trusted = elsewhere.cert
  const { ask } = await buildTestProxy(t, {
    simulator: { tls: localhost },
    deps: { upstreamCa: () => trusted },
  })
  t.equal((await ask('/client/')).status, 502)
  trusted = localhost.cert
  t.equal((await ask('/client/')).status, 200)
})

t.test('a certificate for another name is refused, whoever signed it', async (t) => {
  const { ask, sim } = await buildTestProxy(t, {
    simulator: { tls: elsewhere },
    deps: { upstreamCa: () => elsewhere.cert },
  })
  const answer = await ask('/client/')
  t.equal(answer.status, 502)
  t.match(problemOf(answer).error, {
    reason: 'UPSTREAM_UNTRUSTED',
    message: /ERR_TLS_CERT_ALTNAME_INVALID/,
  })
  t.equal(sim.arrivals.length, 0)
})

t.test('refused certificates cost no request of the window', async (t) => {
  const { ask, status } = await buildTestProxy(t, { simulator: { tls: localhost } })
  await ask('/client/')
  t.match((await status()).budgets.minute, { used: 0, inFlight: 0 })
})
