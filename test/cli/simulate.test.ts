import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import t from 'tap'
import { runCommand, startCommand } from './spawn.js'

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  t.test(`says where it listens, answers, and ends well by ${signal}`, async (t) => {
    const { child, ended } = startCommand(['simulate', '--port', '0', '--latency', '1ms,2ms'])
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
    const [, url = ''] = /listening.*(http:\S+)/u.exec(line) ?? []
    const response = await fetch(new URL('/task/', url))
    await response.arrayBuffer()
    t.equal(response.status, 401)
    child.kill(signal)
    t.match(await ended, { code: 0, err: '' })
  })
}

t.test('a port in use is reported in one line', async (t) => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  t.teardown(() => other.close())
  const { port } = other.address() as AddressInfo
  const { code, err } = await runCommand(['simulate', '--port', String(port)])
  t.equal(code, 1)
  t.match(err, `port ${port} is already in use`)
  t.equal(err.trim().split('\n').length, 1)
})
