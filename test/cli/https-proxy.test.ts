// The commands against a proxy with TLS of its own, and that proxy as a process.

import { writeFileSync } from 'node:fs'
import { createServer as createPlainServer } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { startSimulator } from '../../src/simulator/index.js'
import { elsewhere, localhost } from '../server/edge/tls/fixtures.js'
import { runCommand, startCommand } from './spawn.js'

async function portOf(t: Test, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port
}

const answer = (_request: unknown, response: { end: (text: string) => void }): void =>
  response.end('{"purged":3}')

const files = (port: number, { cert, key }: { cert: string; key: string }) => ({
  'c.yaml': `server: { port: ${port}, tls: { cert: cert.pem, key: key.pem } }`,
  'cert.pem': cert,
  'key.pem': key,
})

t.test('the configured certificate is trusted, whatever name is in it', async (t) => {
  for (const pair of [localhost, elsewhere]) {
    const port = await portOf(t, createServer(pair, answer))
    const cwd = t.testdir(files(port, pair))
    const config = ['--config', 'c.yaml', '--json']
    for (const command of [['status'], ['purge', '--all'], ['explain', '/task/']]) {
      t.match(await runCommand([...command, ...config], { cwd }), {
        code: 0,
        out: '{"purged":3}\n',
        err: '',
      })
    }
  }
})

t.test('no other certificate is, and no token is sent to it', async (t) => {
  let asked = 0
  const server = createServer(elsewhere, (_request, response) => {
    asked++
    response.end('{}')
  })
  const port = await portOf(t, server)
  const cwd = t.testdir(files(port, localhost))
  const wrong = await runCommand(['status', '--config', 'c.yaml', '--admin-token', 'hush'], { cwd })
  t.match(wrong, { code: 1, err: /shows another certificate than server\.tls\.cert/ })
  const unknown = await runCommand(['status', '--url', `https://127.0.0.1:${port}`])
  t.match(unknown, { code: 1, err: /not trusted \(\w+\): .*--config.*NODE_EXTRA_CA_CERTS/ })
  t.equal(asked, 0)
})

t.test('a proxy that still speaks http is told from one that is gone', async (t) => {
  const port = await portOf(t, createPlainServer(answer))
  const cwd = t.testdir(files(port, localhost))
  t.match(await runCommand(['status', '--config', 'c.yaml'], { cwd }), {
    code: 1,
    err: /answers without TLS: .*restart it/,
  })
})

t.test('serve says https, is seen by the commands, and takes a new certificate', async (t) => {
  const sim = await startSimulator()
  t.teardown(() => sim.close())
  const cwd = t.testdir({ ...files(0, localhost), data: {} })
  const args = ['--config', 'c.yaml', '--upstream', sim.url, '--data-dir', 'data']
  const { child, ended } = startCommand(['serve', ...args], { cwd })
  t.teardown(() => child.kill('SIGKILL'))
  const [, port = ''] = await new Promise<RegExpExecArray>((resolve, reject) => {
    let out = ''
    child.stdout.on('data', (text: string) => {
      out += text
      const found = /listening on https:\/\/127\.0\.0\.1:(\d+)/.exec(out)
      if (found !== null) resolve(found)
    })
    void ended.then(({ err }) => reject(new Error(err)))
  })
  const status = ['status', '--config', 'c.yaml', '--json']
  const env = { INTERVALS_PROXY_PORT: port }
  t.match(await runCommand(status, { cwd, env }), { code: 0, err: '', out: /"uptimeSeconds"/ })

  writeFileSync(join(cwd, 'cert.pem'), elsewhere.cert)
  writeFileSync(join(cwd, 'key.pem'), elsewhere.key)
  for (;;) {
    const socket = connect({ port: Number(port), host: '127.0.0.1', rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    const { subject } = socket.getPeerCertificate()
    socket.destroy()
    if (subject.CN === 'elsewhere.example') break
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  t.match(await runCommand(status, { cwd, env }), { code: 0 })
  child.kill('SIGTERM')
  const { code, out, err } = await ended
  t.match({ code, err }, { code: 0, err: '' }, 'nothing keeps it from ending')
  t.match(out, /the certificate was replaced/)
  t.notMatch(out, 'PRIVATE KEY')
})
