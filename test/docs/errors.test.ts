import t from 'tap'
import { PROBLEMS } from '../../src/server/errors/problems.js'
import { checkTable } from './page.js'

t.test('docs/errors.md lists every error of our own, by status', async (t) => {
  const rows = Object.entries(PROBLEMS)
    .toSorted(([, a], [, b]) => a.status - b.status)
    .map(([name, { status, apiCode, message }]) => [
      String(status),
      `\`${name}\``,
      String(apiCode),
      message,
    ])
  checkTable(t, 'docs/errors.md', {
    name: 'errors',
    rows: [['HTTP', '`error.reason`', '`error.code`', '`error.message`'], ...rows],
  })
})
