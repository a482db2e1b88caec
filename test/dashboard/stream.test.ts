/** The stream: everything first, then what is new; bounded in number and in bytes; ended by a stop. */
import { request as send } from 'node:http'
import type { IncomingMessage } from 'node:http'
import t from 'tap'
import type { Hello, Tick } from '../../src/dashboard/page/frame.js'
import { createWatchers, MAX_BEHIND_BYTES, MAX_WATCHERS } from '../../src/dashboard/watchers.js'
import { buildTestProxy } from '../server/build.js'
import { until } from '../server/client.js'

const open = (port: number, headers: object = {}): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const path = '/-/dashboard/stream'
    const options = { host: '127.0.0.1', port, path, agent: false, headers: { ...headers } }
    send(options, resolve).on('error', reject).end()
  })

/** Events of a stream, as they come. */
function eventsOf(response: IncomingMessage): { name: string; data: Hello & Tick }[] {
  const events: { name: string; data: Hello & Tick }[] = []
  let text = ''
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const [name = '', data = ''] = text.slice(0, end).split('\n')
      text = text.slice(end + 2)
      events.push({ name: name.slice(7), data: JSON.parse(data.slice(6)) as Hello & Tick })
    }
  })
  response.on('error', () => {})
  return events
}

t.test('everything first, then what is new; the figures are those of /-/status', async (t) => {
  const proxy = await buildTestProxy(t)
  await proxy.ask('/client/')
  const response = await open(proxy.port)
  t.match(response.headers, {
    'content-type': /^text\/event-stream/,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  const events = eventsOf(response)
  await until(() => events.length > 0, 'hello')
  const status = JSON.parse((await proxy.ask('/-/status', { token: null })).text) as Hello['status']
  t.equal(events[0]?.name, 'hello')
  t.strictSame(events[0]?.data.status.budgets.day, status.budgets.day)
  t.equal(events[0]?.data.requests.at(-1)?.path, '/client/')
  t.equal(events[0]?.data.keptIn, 'memory')

  await proxy.ask('/task/')
  const told = (): boolean =>
    events.some(
      ({ name, data }) => name === 'tick' && data.requests.some(({ path }) => path === '/task/'),
    )
  await until(told, 'the tick with the request')
  response.destroy()
})

t.test('who reads too slowly is dropped, and nobody else', async (t) => {
  const big = 'x'.repeat(MAX_BEHIND_BYTES / 4)
  const watchers = createWatchers({ hello: () => ({}), tick: () => ({ big }) })
  t.teardown(() => watchers.close())
  const slow = watchers.open()
  const quick = watchers.open()
  quick?.resume()
  let most = 0
  for (let tick = 0; tick < 20; tick++) {
    watchers.tick()
    most = Math.max(most, slow?.readableLength ?? 0)
    await new Promise((resolve) => setImmediate(resolve))
  }
  t.ok(slow?.destroyed)
  t.notOk(quick?.destroyed)
  t.ok(most <= MAX_BEHIND_BYTES * 1.5)
  t.equal(watchers.size(), 1)
})

t.test('so many and no more; a place comes free with the end of a stream', async (t) => {
  const proxy = await buildTestProxy(t)
  const streams = await Promise.all(Array.from({ length: MAX_WATCHERS }, () => open(proxy.port)))
  t.ok(streams.every(({ statusCode }) => statusCode === 200))
  const refused = await open(proxy.port)
  t.equal(refused.statusCode, 503)
  t.equal(refused.headers['retry-after'], '10')
  refused.destroy()
  streams.pop()?.destroy()
  let freed = await open(proxy.port)
  while (freed.statusCode !== 200) {
    freed.destroy()
    freed = await open(proxy.port)
  }
  streams.push(freed)
  for (const stream of streams) stream.destroy()
})

t.test('a stop ends the streams and does not wait for them', async (t) => {
  const proxy = await buildTestProxy(t)
  const response = await open(proxy.port)
  response.resume()
  const ended = new Promise((resolve) => response.once('close', resolve))
  await proxy.app.close()
  await ended
  t.ok(response.complete, 'ended, not cut')
})
