import t from 'tap'
import { nodeProblem } from '../../src/cli/node-version.js'
import { readPage } from '../docs/page.js'

t.test('an older Node.js gets one sentence', async (t) => {
  const problem = 'intervals-proxy needs Node.js 20.19 or newer, this is 18.20.4'
  t.equal(nodeProblem('18.20.4'), problem)
  for (const old of ['16.0.0', '20.18.3']) t.match(nodeProblem(old), old)
  for (const enough of ['20.19.0', '21.0.0', '24.1.2']) t.equal(nodeProblem(enough), undefined)
})

t.test('engines names the same version', async (t) => {
  const { engines } = JSON.parse(readPage('package.json')) as { engines: { node: string } }
  const oldest = engines.node.replace('>=', '')
  t.equal(nodeProblem(`${oldest}.0`), undefined)
  const [major, minor] = oldest.split('.').map(Number)
  t.match(nodeProblem(`${major}.${Number(minor) - 1}.9`), `needs Node.js ${oldest} or newer`)
})
