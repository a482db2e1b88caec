/** What an upstream does to a connection between two requests, or when the second one comes. */
import type { Socket } from 'node:net'
import t from 'tap'
import { buildTestProxy } from '../build.js'
import { problemOf, until } from '../client.js'
import { honestAnswer, honestBody, startHostileUpstream } from './hostile-upstream.js'
import type { Arrival, Play } from './hostile-upstream.js'

const POISON =
  'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 16\r\n\r\n{"poison":"yes"}'

/** What belongs to no request, when the connection is idle. */
const UNSOLICITED: readonly (readonly [string, string])[] = [
  ['a whole answer', POISON],
  ['three of them', POISON.repeat(3)],
  ['the start of one', POISON.slice(0, 40)],
  ['a 408, as some say goodbye', 'HTTP/1.1 408 Request Timeout\r\nconnection: close\r\n\r\n'],
  ['an interim answer', 'HTTP/1.1 103 Early Hints\r\n\r\n'],
  ['garbage', '\0\0\0'],
]

const saidOf = (target: string, method = 'GET'): string =>
  honestBody({ method, target, head: 'accept: json', body: '', connection: 0 })

for (const [name, bytes] of UNSOLICITED) {
  t.test(`${name} on an idle connection is the answer to nothing`, async (t) => {
    const upstream = await startHostileUpstream(t, { faultOf: () => undefined })
    const { ask, status } = await buildTestProxy(t, { upstreamUrl: upstream.url })
    for (let round = 0; round < 3; round++) {
      for (const path of [`/client/?${round}`, `/tasknote/?${round}`]) {
        t.equal((await ask(path)).text, saidOf(path))
        t.equal(upstream.open.size, 1)
        for (const socket of upstream.open) socket.write(bytes, 'latin1')
        await until(() => upstream.open.size === 0, 'the connection is given up')
      }
    }
    t.equal((await status()).budgets.minute.inFlight, 0)
  })
}

t.test('the same behind the answer, with many out at once', async (t) => {
  let answers = 0
  const upstream = await startHostileUpstream(t, {
    faultOf: () => (socket, arrival) => {
      const extra = ++answers % 3 === 0 ? POISON : ''
      socket.write(honestAnswer(arrival) + extra, 'latin1')
    },
  })
  const { ask } = await buildTestProxy(t, { upstreamUrl: upstream.url })
  let wrong = 0
  for (let round = 0; round < 20; round++) {
    const paths = Array.from(
      { length: 10 },
      (_, i) => `/${i % 2 ? 'client' : 'tasknote'}/?${round}.${i}`,
    )
    const seen = await Promise.all(paths.map((path) => ask(path)))
    wrong += seen.filter(({ text }, i) => text !== saidOf(paths[i] ?? '')).length
  }
  t.equal(wrong, 0)
  t.comment(
    `200 requests, ${Math.floor(answers / 3)} of their answers with another one behind: ${wrong} wrong`,
  )
})

const CLOSES: readonly (readonly [string, (socket: Socket) => void])[] = [
  ['ends', (socket) => void socket.end()],
  ['resets', (socket) => void socket.resetAndDestroy()],
]
const WAYS = [
  ['a cached read', '/client/', {}],
  ['a read that is not cached', '/tasknote/', {}],
  ['a write', '/timer/', { method: 'POST', body: '{"a":1}' }],
] as const

for (const [name, close] of CLOSES) {
  t.test(
    `it ${name} when the next request has come: a read is sent once more, a write never`,
    async (t) => {
      const served = new Map<number, number>()
      const secondOnItsConnection = ({ connection }: Arrival): Play | undefined => {
        const count = (served.get(connection) ?? 0) + 1
        served.set(connection, count)
        return count === 2 ? close : undefined
      }
      const upstream = await startHostileUpstream(t, { faultOf: secondOnItsConnection })
      const { ask, status } = await buildTestProxy(t, { upstreamUrl: upstream.url })
      for (const [way, path, request] of WAYS) {
        t.equal((await ask(`/me/?${way.length}`)).status, 200)
        const isWrite = way === 'a write'
        const answer = await ask(path, request)
        if (isWrite) t.match(problemOf(answer), { error: { reason: 'UPSTREAM_BROKE_OFF' } }, way)
        else t.equal(answer.text, saidOf(path), way)
        t.equal(upstream.arrived(path).length, isWrite ? 1 : 2, way)
      }
      // A request before each of them, two attempts of each read, and the write.
      t.match((await status()).budgets.minute, { used: 8, inFlight: 0 })
    },
  )
}

t.test('it closes after each answer, and says so: nobody notices', async (t) => {
  const upstream = await startHostileUpstream(t, {
    faultOf: () => (socket, arrival) => {
      socket.end(honestAnswer(arrival).replace('OK\r\n', 'OK\r\nconnection: close\r\n'), 'latin1')
    },
  })
  const { ask } = await buildTestProxy(t, { upstreamUrl: upstream.url })
  const seen: number[] = []
  for (let round = 0; round < 50; round++) seen.push((await ask(`/tasknote/?${round}`)).status)
  t.same(seen, Array(50).fill(200))
  t.equal(upstream.connections(), 50)
})

t.test('it closes idle connections without a word: nobody notices', async (t) => {
  for (const [name, close] of CLOSES) {
    const upstream = await startHostileUpstream(t, { faultOf: () => undefined })
    const { ask } = await buildTestProxy(t, { upstreamUrl: upstream.url })
    for (let round = 0; round < 20; round++) {
      t.equal((await ask(`/tasknote/?${round}`)).status, 200, name)
      for (const socket of upstream.open) close(socket)
      await until(() => upstream.open.size === 0, 'closed')
    }
  }
})
