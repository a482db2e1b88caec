import t from 'tap'
import { judge } from '../../scripts/audit.js'

const report = (high: number, vulnerabilities: object): string =>
  JSON.stringify({
    auditReportVersion: 2,
    vulnerabilities,
    metadata: { vulnerabilities: { info: 0, low: 0, moderate: 0, high, critical: 0, total: high } },
  })

t.test('high and critical holes fail, and are named', async (t) => {
  const found = { undici: { severity: 'critical', range: '<7.0.0' }, yaml: { severity: 'low' } }
  t.match(judge(report(0, found)), {
    passes: false,
    lines: [/undici <7\.0\.0: critical/, /npm audit/],
  })
  t.match(judge(report(1, {})), { passes: false })
})

t.test('none, or smaller ones, pass', async (t) => {
  t.match(judge(report(0, {})), { passes: true, lines: [/no high or critical holes; 0/] })
  t.match(judge(report(0, { a: { severity: 'moderate' } })), {
    passes: true,
    lines: [/; 1 smaller/],
  })
})

t.test('where nobody can be asked it passes, and says why', async (t) => {
  const answers: readonly (readonly [string, RegExp])[] = [
    ['{"message":"405 Method Not Allowed - POST x","statusCode":405}', /skipped.*405 Method Not/],
    ['{"error":{"code":"ENOAUDIT","summary":"offline"}}', /skipped.*offline/],
    ['{"error":{"code":"ENOTFOUND","summary":""}}', /skipped.*ENOTFOUND/],
    ['', /skipped.*no answer/],
    ['null', /skipped/],
    ['npm error', /skipped/],
  ]
  for (const [output, line] of answers)
    t.match(judge(output), { passes: true, lines: [line] }, output)
  t.comment(`${answers.length} kinds of silence, ${answers.length} passed with a reason`)
})
