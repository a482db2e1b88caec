/** What those who know where Redis is are asked may come before they are connected. */

import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import t, { type Test } from 'tap'
import { createTopologyProbe } from '../../../src/redis/connection/topology-probe.js'

/** Says OK to each command, but nothing before it is released. */
async function startHeld(t: Test) {
  const sockets = new Set<Socket>()
  let release = (): void => undefined
  const released = new Promise<void>((resolve) => (release = resolve))
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('data', (data) => {
      // HELLO is answered with a map.
      const commands = data.toString('latin1').match(/\*\d+\r\n\$\d+\r\n\w+/gu) ?? []
      const answers = commands.map((text) => (text.endsWith('HELLO') ? '%0\r\n' : '+OK\r\n'))
      void released.then(() => socket.write(answers.join('')))
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const hangUp = (): void => {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
  t.teardown(hangUp)
  return { server, release, hangUp, port: (server.address() as AddressInfo).port }
}

function startWitness(t: Test, port: number, timeoutMs: number) {
  const probe = createTopologyProbe({
    server: { host: '127.0.0.1', port },
    isTls: false,
    database: 0,
    username: undefined,
    password: undefined,
    name: 'test',
    timeoutMs,
    onReady: () => undefined,
  })
  t.teardown(() => probe.close())
  return probe
}

t.test('a question waits until there is a connection', async (t) => {
  const { server, release, port } = await startHeld(t)
  const connected = once(server, 'connection')
  const answer = startWitness(t, port, 20_000).ask(['PING'])
  await connected
  release()
  t.equal(await answer, 'OK')
})

t.test('it waits no longer than a command may take', async (t) => {
  const { port, hangUp } = await startHeld(t)
  await t.rejects(startWitness(t, port, 1).ask(['PING']), { message: 'Redis is not connected' })
  hangUp()
})

t.test('and is told why there is none', async (t) => {
  const { server, port } = await startHeld(t)
  await new Promise((resolve) => server.close(resolve))
  await t.rejects(startWitness(t, port, 20_000).ask(['PING']), { code: 'ECONNREFUSED' })
})

t.test('closing ends the wait', async (t) => {
  const { port, hangUp } = await startHeld(t)
  const probe = startWitness(t, port, 20_000)
  const answer = t.rejects(probe.ask(['PING']), { message: 'Redis is not connected' })
  const closed = probe.close()
  await answer
  hangUp()
  await closed
})
