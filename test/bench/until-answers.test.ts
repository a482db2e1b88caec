// A program that is started for a benchmark is ready when it answers, not when it says that it is not.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import type { Test } from 'tap'
import { untilAnswers } from '../../bench/children.js'
import type { Child } from '../../bench/children.js'

const child = (ended: Promise<number | null>): Child => ({
  pid: 0,
  output: () => 'what it said',
  ended,
  stop: async () => {},
})
const running = child(new Promise(() => {}))

async function serve(t: Test, statuses: number[]): Promise<{ url: string; left: number[] }> {
  const server = createServer((_, response) => {
    response.writeHead(statuses.length > 1 ? (statuses.shift() ?? 200) : (statuses[0] ?? 200)).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, left: statuses }
}

t.test('a 503 is waited out, a refusal is an answer', async (t) => {
  const { url, left } = await serve(t, [503, 502, 401])
  await untilAnswers(url, running)
  t.strictSame(left, [401])
})

t.test('what never gets ready, or has ended, is an error with what it said', async (t) => {
  const { url } = await serve(t, [503])
  await t.rejects(untilAnswers(url, running, 20), {
    message: /nothing good at .*: what it said/u,
    cause: { message: 'answered with 503' },
  })
  await t.rejects(untilAnswers(url, child(Promise.resolve(1))), /ended at once: what it said/u)
})
