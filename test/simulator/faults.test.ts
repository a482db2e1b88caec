import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import t from 'tap'
import type { Fault, Simulator } from '../../src/simulator/index.js'
import { basic, call, simulate } from './call.js'

const authorization = basic('agencyadm01')

/** Sends a GET and stops at the header section. */
async function head(simulator: Simulator, path: string): Promise<IncomingMessage> {
  const headers = { authorization, accept: 'application/json' }
  const sent = request(new URL(path, simulator.url), { headers, agent: false }).end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  return response
}

async function read(response: IncomingMessage): Promise<{ bytes: number; error?: unknown }> {
  let bytes = 0
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) bytes += chunk.length
    return { bytes }
  } catch (error) {
    return { bytes, error }
  }
}

t.test('a status, as an Intervals error or as any page', async (t) => {
  const simulator = await simulate(t)
  simulator.setFaults([{ kind: 'status', status: 502, apiCode: 20, times: 1 }])
  t.match(await call(simulator, 'me'), { status: 502, apiCode: '20' })
  t.equal((await call(simulator, 'me')).status, 200, 'only once')
  const page = { status: 503, body: 'busy', headers: { 'retry-after': '7' } }
  simulator.setFaults([{ kind: 'status', ...page }])
  const answer = await call(simulator, 'me')
  t.match(answer, { status: 503, text: 'busy' })
  t.equal(answer.headers.get('retry-after'), '7')
  simulator.setFaults([{ kind: 'status', status: 400, apiCode: 12 }])
  t.match(await call(simulator, 'me'), { status: 400, apiCode: '12' })
  t.equal(simulator.arrivals.at(-1)?.apiCode, 12)
})

t.test('a fault happens where, when and as often as it says', async (t) => {
  const simulator = await simulate(t)
  const status = { kind: 'status', status: 500 } as const
  simulator.setFaults([{ ...status, match: { method: 'put', pathPrefix: '/task' } }])
  t.equal((await call(simulator, 'task/360001/')).status, 200)
  t.equal((await call(simulator, 'client/1/', { method: 'PUT', body: {} })).status, 404)
  t.equal((await call(simulator, 'task/360001/', { method: 'PUT', body: {} })).status, 500)
  simulator.setFaults([{ ...status, probability: 0.5 }])
  const statuses: number[] = []
  for (let at = 0; at < 40; at += 1) statuses.push((await call(simulator, 'group')).status)
  const failed = statuses.filter((status) => status === 500).length
  t.ok(failed > 8 && failed < 32, `${failed} of 40`)
})

t.test('a reset and bytes that are not HTTP', async (t) => {
  const simulator = await simulate(t)
  for (const kind of ['reset', 'garbage'] as const) {
    simulator.setFaults([{ kind }])
    await t.rejects(head(simulator, 'me'), kind)
    t.equal(simulator.arrivals.at(-1)?.status, 0)
  }
})

t.test('an execution without an answer', async (t) => {
  const simulator = await simulate(t)
  const put = (title: string): Promise<unknown> =>
    call(simulator, 'task/360001/', { method: 'PUT', body: { title } })
  const title = async (): Promise<unknown> => (await call(simulator, 'task/360001/')).row['title']
  const before = await title()
  simulator.setFaults([{ kind: 'reset', match: { method: 'PUT' } }])
  await t.rejects(put('lost'))
  t.equal(await title(), before, 'reset: not carried out')
  simulator.setFaults([{ kind: 'execute-then-reset', match: { method: 'PUT' } }])
  await t.rejects(put('kept'))
  t.equal(await title(), 'kept')
})

t.test('no answer, half an answer, and an answer cut off', async (t) => {
  const simulator = await simulate(t)
  const full = (await call(simulator, 'client')).text.length
  simulator.setFaults([{ kind: 'truncated' }])
  const truncated = await read(await head(simulator, 'client'))
  t.ok(truncated.bytes > 0 && truncated.bytes < full)
  t.ok(truncated.error)
  simulator.setFaults([{ kind: 'reset-mid-body' }])
  t.ok((await read(await head(simulator, 'client'))).error)

  simulator.setFaults([{ kind: 'hang-mid-body' }])
  const half = await head(simulator, 'client')
  await once(half, 'readable')
  t.equal(half.complete, false)
  half.destroy()

  for (const kind of ['hang', 'execute-then-hang'] as const) {
    simulator.setFaults([{ kind }])
    const arrived = simulator.untilArrival((simulator.arrivals.at(-1)?.sequence ?? 0) + 1)
    const socket = connect(simulator.port, '127.0.0.1')
    socket.write(`GET /me HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\n\r\n`)
    await arrived
    t.equal(socket.bytesRead, 0)
    socket.destroy()
  }
})

t.test('slow, late and mislabelled answers come whole', async (t) => {
  const simulator = await simulate(t)
  const { text } = await call(simulator, 'client')
  const whole: readonly Fault[] = [
    { kind: 'slow-body', delayMs: 1 },
    { kind: 'delay', delayMs: 1 },
    { kind: 'wrong-content-type' },
  ]
  for (const fault of whole) {
    simulator.setFaults([fault])
    t.equal((await call(simulator, 'client')).text, text, fault.kind)
  }
  const { headers } = await call(simulator, 'client')
  t.equal(headers.get('content-type'), 'text/html')
})

t.test('malformed faults throw', async (t) => {
  const simulator = await simulate(t)
  const set = (fault: unknown) => () => simulator.setFaults([fault as Fault])
  t.throws(set({ kind: 'nonsense' }), TypeError)
  t.throws(set({ kind: 'status' }), TypeError)
  t.throws(set({ kind: 'slow-body' }), TypeError)
  t.throws(set(null), TypeError)
})
