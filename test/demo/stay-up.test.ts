import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { inProject } from '../project.js'

const MAIN = fileURLToPath(inProject('dist/demo/main.js'))

t.test('without --once the proxy and the simulator stay up until a signal', async (t) => {
  const child = spawn(process.execPath, [MAIN], { stdio: 'pipe', env: {} })
  t.teardown(() => child.kill('SIGKILL'))
  const ended = new Promise((resolve) => child.once('close', resolve))
  let out = ''
  await new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text
      if (out.includes('/-/explain')) resolve()
    })
    child.once('close', () => resolve())
  })

  const url = /^proxy +(http:\S+)\//mu.exec(out)?.[1]
  const response = await fetch(`${url}/project/?limit=3`, {
    headers: { authorization: `Basic ${Buffer.from('agencyadm01:X').toString('base64')}` },
  })
  await response.text()
  t.equal(response.status, 200)
  t.match(response.headers.get('cache-status'), /^intervals-proxy; fwd=uri-miss/u)
  t.equal((await fetch(`${url}/-/status`)).status, 200)
  const journal = /journal: (http:\S+)$/mu.exec(out)?.[1]
  t.equal((await fetch(journal ?? '')).status, 200)

  child.kill('SIGINT')
  t.equal(await ended, 0)
})
