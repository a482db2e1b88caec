import t from 'tap'
import { buildTestProxy } from '../server/build.js'
import { describedIn, page } from '../server/scrape.js'
import { checkTable } from './page.js'

t.test('docs/observe.md lists every metric of ours', async (t) => {
  const proxy = await buildTestProxy(t)
  await proxy.ask('/client/', { method: 'POST', body: '{}', headers: { 'idempotency-key': 'one' } })
  const ours = describedIn(await page(proxy)).filter(({ name }) => name.startsWith('intervals_'))
  checkTable(t, 'docs/observe.md', {
    name: 'metrics',
    rows: [
      ['Metric', 'Kind', 'Labels', 'What'],
      ...ours.map(({ name, type, labels, help }) => [
        `\`${name}\``,
        type,
        labels.map((label) => `\`${label}\``).join(' '),
        help,
      ]),
    ],
  })
})
