import t from 'tap'
import { dialects } from '../../src/simulator/index.js'
import { checkTable } from './page.js'

t.test('docs/simulator.md lists every dialect', async (t) => {
  const rows = Object.entries(dialects).map(([name, { summary }]) => [`\`${name}\``, summary])
  checkTable(t, 'docs/simulator.md', {
    name: 'dialects',
    rows: [['Dialect', 'Behaviour'], ...rows],
  })
})
