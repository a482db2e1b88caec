/** The example that needs nothing but Node does what the README says, against the simulator. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import { openStage } from '../../src/demo/stage.js'
import { readPage } from './page.js'

t.test('the README for Node', async (t) => {
  const stage = await openStage()
  t.teardown(() => stage.close())
  const example = /```js\n([\s\S]+?)```/u.exec(readPage('README.md'))?.[1] ?? ''
  t.match(example, 'http://127.0.0.1:8080/')
  const script = example
    .replace('http://127.0.0.1:8080', stage.proxyUrl)
    .replace('TOKEN', 'agencyadm01')
  const run = async () =>
    promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script])

  t.match((await run()).stdout, /^intervals-proxy; fwd=uri-miss; .* 100\n$/u)
  t.match((await run()).stdout, /^intervals-proxy; hit; ttl=\d+ 100\n$/u)
})
