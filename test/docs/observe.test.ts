import t from 'tap'
import { buildTestProxy } from '../server/build.js'
import { describedIn, page } from '../server/scrape.js'
import { cacheStatus, OUTCOMES } from '../../src/cache/rules/cache-status.js'
import type { Outcome } from '../../src/cache/rules/cache-status.js'
import { checkTable, readPage, tableIn } from './page.js'

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

t.test('docs/observe.md lists every outcome', async (t) => {
  const meanings = new Map(
    tableIn(readPage('docs/observe.md'), 'outcomes').map(([name, , meaning]) => [name, meaning]),
  )
  const rows = (Object.keys(OUTCOMES) as Outcome[]).map((outcome) => {
    const status = cacheStatus(outcome).replace(/^intervals-proxy(?:; )?/u, '')
    const meaning = meanings.get(`\`${outcome}\``) ?? ''
    t.ok(meaning.length > 20, `${outcome} has a meaning`)
    return [`\`${outcome}\``, status === '' ? '-' : `\`${status}\``, meaning]
  })
  checkTable(t, 'docs/observe.md', {
    name: 'outcomes',
    rows: [['Outcome', '`Cache-Status`', 'Meaning'], ...rows],
  })
})
