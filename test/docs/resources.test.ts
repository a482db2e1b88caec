import t from 'tap'
import { RESOURCES } from '../../src/cache/resources/resources.js'
import { RESOURCE_NAMES } from '../../src/cache/resources/resource-name.js'
import { formatDuration } from '../../src/config/units.js'
import { checkTable, readPage, tableIn } from './page.js'

const code = (text: string): string => `\`${text}\``
const duration = (ms: number): string => (ms === 0 ? 'not' : formatDuration(ms))

t.test('docs/resources.md says what the table of resources says', async (t) => {
  const rows = RESOURCE_NAMES.map((name) => {
    const { ttlMs, staleMs, reason, invalidates, deleteInvalidates = [] } = RESOURCES[name]
    const taken =
      deleteInvalidates === 'account' ? ['everything of the account'] : deleteInvalidates.map(code)
    return [
      code(name),
      duration(ttlMs),
      duration(staleMs),
      reason,
      invalidates.length === 0 ? '-' : invalidates.map(code).join(' '),
      taken.length === 0 ? '-' : taken.join(' '),
    ]
  })
  checkTable(t, 'docs/resources.md', {
    name: 'resources',
    rows: [
      ['Resource', 'Fresh', 'Then stale', 'Why', 'A write drops, besides itself', 'A DELETE, too'],
      ...rows,
    ],
  })
})

t.test('the README groups them rightly', async (t) => {
  const groups = new Map<string, string[]>()
  const longestFirst = RESOURCE_NAMES.toSorted((a, b) => RESOURCES[b].ttlMs - RESOURCES[a].ttlMs)
  for (const name of longestFirst) {
    const { ttlMs, staleMs } = RESOURCES[name]
    const key = `${duration(ttlMs)}, ${duration(staleMs)}`
    groups.set(key, [...(groups.get(key) ?? []), code(name)])
  }
  const [head, ...rows] = tableIn(readPage('README.md'), 'cached')
  t.strictSame(head, ['Fresh', 'Then stale', 'Resources', 'Why'])
  t.strictSame(
    rows.map(([fresh, stale, names]) => [`${fresh}, ${stale}`, names]),
    [...groups].map(([key, names]) => [key, names.join(' ')]),
  )
  t.notOk(
    rows.find(([, , , why]) => (why ?? '').length < 20),
    'each row says why',
  )
})
