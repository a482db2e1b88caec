/** Too many connections, and who may speak for others. */
import t from 'tap'
import { PeerCount } from '../../../src/server/edge/connections/limit.js'
import { isAddressOrRange } from '../../../src/config/addresses.js'
import { trustedPeers } from '../../../src/server/edge/connections/trusted-peers.js'
import { buildTestProxy } from '../build.js'
import { untilNothingIsLeft, watchWarnings } from './bystander.js'
import { bytesOf, open, until } from './raw-client.js'

t.test('beyond server.maxConnections nobody is let in, and idle ones make room', async (t) => {
  const warnings = watchWarnings(t)
  const proxy = await buildTestProxy(t, { settings: { server: { maxConnections: 20 } } })
  const { port, ask } = proxy
  const idle = await Promise.all(
    Array.from({ length: 20 }, () => open(port, bytesOf('GET /-/livez HTTP/1.1'))),
  )
  for (const connection of idle) await connection.untilStatuses(1)
  const late = await open(port, bytesOf('GET /-/livez HTTP/1.1'))
  await late.untilClosed()
  t.strictSame(late.statuses(), [])
  for (const connection of idle) await connection.untilClosed()
  t.equal((await ask('/client/')).status, 200)
  t.equal(await proxy.metric('connections_cut_total{cause="full"}'), 1)
  await untilNothingIsLeft(t, proxy, 'connections')
  t.strictSame(warnings(), [])
})

t.test('who is being answered is not the one who makes room', async (t) => {
  const proxy = await buildTestProxy(t, { settings: { server: { maxConnections: 3 } } })
  const { port, sim } = proxy
  const hold = sim.hold()
  const busy = await Promise.all(
    [1, 2, 3].map((limit) => open(port, bytesOf(`GET /client/?limit=${limit} HTTP/1.1`))),
  )
  await hold.untilWaiting(3)
  const late = await open(port)
  await late.untilClosed()
  hold.release()
  for (const connection of busy) {
    await connection.untilStatuses(1)
    t.strictSame(connection.statuses(), [200])
    connection.socket.destroy()
  }
})

t.test(
  'one address gets half of the connections, and an IPv6 network is one address',
  async (t) => {
    const peers = new PeerCount(3)
    const enter = (...addresses: string[]) => addresses.map((address) => peers.enter(address))
    t.strictSame(enter('10.0.0.1', '10.0.0.1', '10.0.0.1', '10.0.0.1'), [true, true, true, false])
    t.strictSame(enter('10.0.0.2'), [true], 'others are not concerned')
    t.strictSame(
      enter('2001:db8::1', '2001:db8:0:0::2', '2001:db8:0:0:ffff::', '2001:db8::ffff:0:0:1'),
      [true, true, true, false],
    )
    t.strictSame(enter('2001:db8:0:1::1', 'fe80::1%eth0', '::1'), [true, true, true])
    peers.leave('10.0.0.1')
    t.strictSame(enter('10.0.0.1', '10.0.0.1'), [true, false])
    for (let one = 0; one < 3; one++) peers.leave('10.0.0.1')
    for (const address of ['10.0.0.2', '2001:db8:0:1::5', 'fe80::2', '::2']) peers.leave(address)
    for (let one = 0; one < 3; one++) peers.leave('2001:db8::')
    t.equal(peers.size, 0, 'nothing is kept of those who have gone')
  },
)

const ADDRESSES: readonly (readonly [text: string, isOne: boolean])[] = [
  ['10.0.0.5', true],
  ['10.0.0.0/8', true],
  ['::1', true],
  ['fd00::/8', true],
  ['0.0.0.0/0', true],
  ['10.0.0.5/33', false],
  ['fd00::/129', false],
  ['10.0.0', false],
  ['10.0.0.256', false],
  ['10.0.0.0/', false],
  ['10.0.0.0/8/8', false],
  ['10.0.0.0/-1', false],
  ['localhost', false],
  ['', false],
]

t.test('an address or a range, and whether a peer is in it', async (t) => {
  for (const [text, isOne] of ADDRESSES) t.equal(isAddressOrRange(text), isOne, text)
  const isTrusted = trustedPeers(['10.0.0.0/8', '192.0.2.7', 'fd00::/8'])
  for (const address of ['10.1.2.3', '::ffff:10.1.2.3', '192.0.2.7', 'fd00::1', 'fdff::']) {
    t.ok(isTrusted(address), address)
  }
  for (const address of ['11.0.0.1', '192.0.2.8', 'fe00::1', '', 'nobody', '10.1.2.3, 11.0.0.1']) {
    t.notOk(isTrusted(address), address)
  }
  t.notOk(isTrusted(undefined))
  t.notOk(trustedPeers([])('127.0.0.1'))
})

const FORGED: readonly Readonly<Record<string, string>>[] = [
  { 'x-forwarded-for': '203.0.113.9' },
  { 'x-forwarded-for': '203.0.113.9, 127.0.0.1' },
  { 'x-forwarded-for': '::1' },
  { 'x-forwarded-for': 'not an address' },
  { 'x-forwarded-for': '203.0.113.9\u0009"} {"peer":"x' },
  { forwarded: 'for=203.0.113.9' },
  { 'x-real-ip': '203.0.113.9' },
  { 'true-client-ip': '203.0.113.9' },
]

t.test('nobody forges the address that is logged, nor the id of a request', async (t) => {
  const { ask, lines } = await buildTestProxy(t)
  for (const headers of FORGED) await ask('/client/', { headers })
  await ask('/client/', { headers: { 'x-request-id': 'mine-1' } })
  await ask('/client/', { headers: { 'x-request-id': `x"} ${'y'.repeat(200)}` } })
  const logged = lines.filter(({ msg }) => msg === 'request')
  await until(
    () => lines.filter(({ msg }) => msg === 'request').length === FORGED.length + 2,
    'the log',
  )
  const all = lines.filter(({ msg }) => msg === 'request')
  t.strictSame([...new Set(all.map(({ peer }) => peer))], ['127.0.0.1'])
  const ids = all.map(({ reqId }) => String(reqId))
  t.ok(ids.includes('mine-1'))
  t.notOk(
    ids.some((id) => /[" ]/u.test(id)),
    `${logged.length} ids`,
  )
  t.comment(`${FORGED.length} forged addresses, 0 logged`)
})

t.test(
  'a proxy that is trusted says who asks; what others say before it counts for nothing',
  async (t) => {
    const settings = { server: { trustProxy: ['127.0.0.1', '10.0.0.0/8'] } }
    const { ask, lines } = await buildTestProxy(t, { settings })
    const CASES: readonly (readonly [sent: string, peer: string])[] = [
      ['203.0.113.9', '203.0.113.9'],
      ['198.51.100.1, 203.0.113.9', '203.0.113.9'],
      ['198.51.100.1, 203.0.113.9, 10.0.0.3', '203.0.113.9'],
      ['127.0.0.1, 203.0.113.9', '203.0.113.9'],
    ]
    for (const [sent] of CASES) await ask('/client/', { headers: { 'x-forwarded-for': sent } })
    await until(
      () => lines.filter(({ msg }) => msg === 'request').length === CASES.length,
      'the log',
    )
    t.strictSame(
      lines.filter(({ msg }) => msg === 'request').map(({ peer }) => peer),
      CASES.map(([, peer]) => peer),
    )
  },
)

t.test('whoever is behind a proxy on this machine does not see /-/', async (t) => {
  const { ask } = await buildTestProxy(t)
  t.equal((await ask('/-/status')).status, 200)
  for (const name of ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via', 'x-forwarded-host']) {
    t.equal((await ask('/-/status', { headers: { [name]: '127.0.0.1' } })).status, 403, name)
  }
})
