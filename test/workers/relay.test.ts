// What a worker passes on arrives as it came, and so does the answer; and each end's end is the other's.

import { once } from 'node:events'
import { request, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { startUpstream } from '../server/build.js'
import { until } from '../server/client.js'
import { buildTeam } from './setup.js'

t.test('bodies, repeated headers and a status of its own go through as they are', async (t) => {
  const seen: { method?: string; url?: string; headers: string[]; body: string }[] = []
  const { url } = await startUpstream(t, (request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString('latin1')))
    request.on('end', () => {
      const { method = '', url = '', rawHeaders } = request
      seen.push({ method, url, headers: rawHeaders, body })
      response.writeHead(
        207,
        'Of its own',
        [
          ['X-Two', '1'],
          ['X-Two', '2'],
          ['Set-Cookie', 'a=1'],
          ['Set-Cookie', 'b=2'],
          ['Content-Type', 'text/odd'],
        ].flat(),
      )
      response.end('ànswer', 'latin1')
    })
  })
  const { a } = await buildTeam(t, { upstreamUrl: url })
  const answer = await a.ask('/client/?a=%2C&b=;', {
    method: 'POST',
    body: Buffer.from([0, 255, 10, 13]),
    headers: { 'content-type': 'text/plain', 'x-asked': ['1', '2'] },
  })
  t.match(answer, { status: 207, headers: { 'content-type': 'text/odd' } })
  t.same(answer.headers['set-cookie'], ['a=1', 'b=2'])
  t.match(answer.headers['x-two'], '1, 2')
  t.same([...answer.body], [...Buffer.from('ànswer', 'latin1')])
  const [arrived] = seen
  t.match(arrived, { method: 'POST', url: '/client/?a=%2C&b=;', body: '\u0000\u00ff\n\r' })
  t.match(arrived?.headers.join('\n'), /x-asked\n1, 2|x-asked\n1\nx-asked\n2/)

  await a.ask('/client/1/', { method: 'POST' })
  const { headers = [] } = seen[1] ?? {}
  t.notMatch(headers.join('\n').toLowerCase(), 'chunked', 'no body is made of none')
})

t.test('a body of 5 MB goes both ways in pieces', async (t) => {
  const { url } = await startUpstream(t, (request, response) => {
    response.writeHead(200, { 'content-type': 'application/octet-stream' })
    request.pipe(response)
  })
  const { a } = await buildTeam(t, { upstreamUrl: url })
  const body = Buffer.alloc(5_000_000, 'abcdefg')
  const answer = await a.ask('/document/', { method: 'POST', body })
  t.ok(answer.body.equals(body))
})

t.test('a consumer that goes away is gone for the primary too', async (t) => {
  const { app, sim, a } = await buildTeam(t)
  const hold = sim.hold()
  const gone = new AbortController()
  const asked = a.ask('/client/1/', { method: 'PUT', body: '{}', signal: gone.signal })
  await hold.untilWaiting(1)
  t.equal(await connections(app.server), 1)
  gone.abort()
  await t.rejects(asked)
  await untilNone(app.server)
  hold.release()
})

t.test('an answer that breaks off breaks off', async (t) => {
  const responses: ServerResponse[] = []
  const { url } = await startUpstream(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' })
    response.write('{"half')
    responses.push(response)
  })
  const { a } = await buildTeam(t, { upstreamUrl: url })
  const asked = request({ port: a.port, path: '/document/1/' }).end()
  // The end of the connection is told to both, the request and its answer.
  asked.on('error', () => {})
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  responses[0]?.destroy()
  await t.rejects(text(answer))
  const socket = connect(a.port, '127.0.0.1')
  socket.write('GET /document/1/ HTTP/1.0\r\n\r\n')
  await once(socket, 'data')
  responses[1]?.destroy()
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
  t.equal(error.code, 'ECONNRESET', 'who knows no other end of an answer can tell')
})

t.test('the primary sees the peer, and no header can say it is another', async (t) => {
  const { a, lines } = await buildTeam(t)
  const forged = { 'x-forwarded-for': '10.9.8.7', 'intervals-proxy-peer': '10.9.8.7' }
  await a.ask('/client/', { headers: forged })
  const logged = lines.find(({ msg }) => msg === 'request')
  t.match(logged?.['peer'], /^(?:::ffff:)?127\.0\.0\.1$/)
  t.equal((await a.ask('/-/status', { token: null })).status, 200, 'this machine')
  const relayed = await a.ask('/-/status', { token: null, headers: forged })
  t.equal(relayed.status, 403, 'not whoever it speaks for')
})

t.test('own pages, what is ambiguous, and HTTP/1.0 without a Host', async (t) => {
  const { a } = await buildTeam(t)
  t.equal((await a.ask('/-/livez', { token: null })).status, 200)
  t.equal((await a.ask('/-/readyz', { token: null })).status, 200)
  t.equal((await a.ask('/task/%2e%2e/client/')).status, 400)
  const raw = async (text: string): Promise<string> => {
    const socket = connect(a.port, '127.0.0.1')
    let got = ''
    socket.on('data', (chunk: Buffer) => (got += chunk.toString()))
    socket.write(text)
    await once(socket, 'close')
    return got
  }
  t.match(
    await raw('GET /client/ HTTP/1.0\r\nauthorization: Basic YWdlbmN5YWRtMDE6WA==\r\n\r\n'),
    '200 OK',
  )
  const twice = 'GET /client/ HTTP/1.1\r\nhost: a\r\nhost: b\r\nconnection: close\r\n\r\n'
  t.match(await raw(twice), ' 400 ')
})

t.test('what does not say whose it is, is cut off', async (t) => {
  const { app } = await buildTeam(t)
  const socket = connect(app.server.address() as unknown as string)
  socket.on('error', () => {})
  socket.write('GET /-/status HTTP/1.1\r\nhost: localhost\r\n'.padEnd(200, 'x'))
  await once(socket, 'close')
  t.equal(socket.bytesRead, 0)
})

type Counted = { getConnections(done: (error: Error | null, count: number) => void): unknown }

const connections = (server: Counted): Promise<number> =>
  new Promise((resolve) => server.getConnections((_error, count) => resolve(count)))

async function untilNone(server: Counted): Promise<void> {
  let count = -1
  await until(() => {
    void connections(server).then((now) => (count = now))
    return count === 0
  }, 'no connection')
}
