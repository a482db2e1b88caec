// When a write ends, and what its end invalidates.
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import t from 'tap'
import type { Test } from 'tap'
import { buildTestProxy, startUpstream } from './build.js'
import { basic, until } from './client.js'

const JSON_TYPE = { 'content-type': 'application/json' }

/** Answers reads with `row`, and writes as `write` says. */
async function behind(
  t: Test,
  write: (request: IncomingMessage, response: ServerResponse) => void,
) {
  const state = { row: 'old', reads: 0, ifMatch: [] as (string | undefined)[], etag: '' }
  const upstream = await startUpstream(t, (request, response) => {
    if (request.method !== 'GET') {
      state.ifMatch.push(request.headers['if-match'])
      request.resume()
      return write(request, response)
    }
    state.reads++
    const headers = { ...JSON_TYPE, ...(state.etag !== '' && { etag: state.etag }) }
    response.writeHead(200, headers).end(`{"code":200,"row":"${state.row}"}`)
  })
  const proxy = await buildTestProxy(t, { upstreamUrl: upstream.url })
  const read = async () => (JSON.parse((await proxy.ask('/client/5/')).text) as { row: string }).row
  return { ...proxy, state, read }
}

const PUT = { method: 'PUT', body: '{"name":"x"}' }

const STATUSES: readonly (readonly [status: number, invalidates: boolean, body?: string])[] = [
  ...[200, 201, 202, 400, 404, 409, 500].map((status) => [status, true] as const),
  ...[401, 403, 405].map((status) => [status, false] as const),
  [403, true, ' [{"name":"x"},{"name":"y"}]'],
]
for (const [status, invalidates, body = PUT.body] of STATUSES) {
  t.test(
    `a ${status} to ${body} ${invalidates ? 'invalidates' : 'invalidates nothing'}`,
    async (t) => {
      const { ask, read, state } = await behind(t, (_, response) => {
        response.writeHead(status, JSON_TYPE).end(`{"code":${status}}`)
      })
      await read()
      t.equal((await ask('/client/5/', { ...PUT, body })).status, status)
      await read()
      t.equal(state.reads, invalidates ? 2 : 1)
    },
  )
}

t.test('an outcome that is not known invalidates', async (t) => {
  const ENDINGS: readonly ((response: ServerResponse) => void)[] = [
    (response) => void response.destroy(),
    (response) => {
      response.writeHead(403, { ...JSON_TYPE, 'content-length': 100 }).write('{"code"')
      setImmediate(() => response.destroy())
    },
  ]
  for (const ending of ENDINGS) {
    const { ask, read, state } = await behind(t, (_, response) => ending(response))
    await read()
    await ask('/client/5/', PUT).catch(() => {})
    await until(async () => (await read()) === 'old' && state.reads === 2, 'it is read again')
  }
})

t.test('a write ends with the last byte of its answer, not with its headers', async (t) => {
  let finish = (): void => {}
  const { ask, read, state } = await behind(t, (_, response) => {
    response.writeHead(202, JSON_TYPE).write('{"code":')
    finish = () => {
      state.row = 'new'
      response.end('202}')
    }
  })
  const write = ask('/client/5/', PUT)
  await until(() => state.ifMatch.length === 1, 'the write has arrived')
  t.equal(await read(), 'old', 'in between, the old state may be served')
  finish()
  t.equal((await write).text, '{"code":202}')
  t.equal(await read(), 'new')
})

t.test('when the client disconnects, the answer is read to its end', async (t) => {
  let finish = (): void => {}
  const { port, read, state } = await behind(t, (_, response) => {
    response.writeHead(202, JSON_TYPE).write('{"code":')
    response.write(' '.repeat(100_000))
    finish = () => {
      state.row = 'new'
      response.end('202}')
    }
  })
  const headers = { authorization: basic('token') }
  const client = httpRequest({ port, method: 'PUT', path: '/client/5/', headers }).end('{}')
  client.on('error', () => {})
  const [response] = (await once(client, 'response')) as [IncomingMessage]
  response.on('error', () => {})
  client.destroy()
  t.equal(await read(), 'old')
  finish()
  await until(async () => (await read()) === 'new', 'the end of the write invalidates')
})

t.test('If-Match with a tag of the proxy is translated into the tag of the upstream', async (t) => {
  const { ask, state } = await behind(t, (_, response) => {
    response.writeHead(202, JSON_TYPE).end('{"code":202}')
  })
  const write = (tag: unknown) =>
    ask('/client/5/', { ...PUT, headers: { 'if-match': String(tag) } })
  state.etag = '"v1"'
  const { etag } = (await ask('/client/5/')).headers
  t.not(etag, '"v1"')
  t.equal((await write(etag)).status, 202)
  t.same(state.ifMatch, ['"v1"'])

  t.equal((await write('"theirs"')).status, 202)
  t.same(state.ifMatch, ['"v1"', '"theirs"'], 'other tags are not touched')

  const stale = await write(etag)
  t.match(stale, { status: 412, text: /IF_MATCH_FAILED/ }, 'invalidated by the write before')
  t.equal(state.ifMatch.length, 2, 'and not sent')
})

t.test(
  'without a tag of the upstream, the newest known representation satisfies If-Match',
  async (t) => {
    const waiting: ServerResponse[] = []
    const { ask, state } = await behind(t, (_, response) => void waiting.push(response))
    const { etag } = (await ask('/client/5/')).headers
    const write = () => ask('/client/5/', { ...PUT, headers: { 'if-match': String(etag) } })
    const first = write()
    await until(() => waiting.length === 1, 'the first one has arrived')
    t.same(state.ifMatch, [undefined])
    t.equal((await write()).status, 412, 'a second one at the same time would overwrite the first')
    waiting[0]?.writeHead(202, JSON_TYPE).end('{"code":202}')
    t.equal((await first).status, 202)
    t.equal((await write()).status, 412)
  },
)
