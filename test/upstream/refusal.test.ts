import t from 'tap'
import { renderProblem } from '../../src/server/errors/problem-body.js'
import { ProblemError } from '../../src/server/errors/problems.js'
import { findRefusal, isFromGateway, SUSPECT_STATUSES } from '../../src/upstream/refusal.js'

const find = (status: number, body: string) =>
  findRefusal({ status, body, retryAfterMs: undefined, account: 'a' })?.reason

const json = (error: object | string) =>
  JSON.stringify({ personid: null, status: 'Bad Request', code: 400, error })

t.test('day and pace, wherever clients were seen to find the code', async (t) => {
  for (const [code, reason] of [
    [11, 'day-exceeded'],
    [12, 'too-fast'],
  ] as const) {
    const bodies: readonly string[] = [
      json({ code, message: 'no' }),
      json({ code: String(code), message: 'no' }),
      json({ number: code, message: 'no' }),
      json({ number: String(code), message: 'no', verbose: { value: 'x' } }),
      json({ message: `Refused (error code ${code})` }),
      json({ message: `Error ${code === 11 ? 'code: 11' : 'number 12'}` }),
      JSON.stringify({ error: { code, message: 'no' } }, null, 2),
      JSON.stringify({ code: '400', error: { message: 'no', code } }),
      `<intervals><personid/><status>Bad Request</status><code>400</code><error><code>${code}</code><message>no</message></error></intervals>`,
      `<intervals personid="" status="Bad Request" code="400"><error><number>${code}</number></error></intervals>`,
      `<intervals code="400"><error code="${code}" message="no"/></intervals>`,
      `<intervals>\n  <error>\n    <code> ${code} </code>\n  </error>\n</intervals>`,
      `<intervals><error><message>Refused (error code ${code})</message></error></intervals>`,
    ]
    for (const body of bodies) {
      t.equal(find(400, body), reason, body)
      t.equal(find(429, body), reason, '429 as well')
    }
  }
  t.equal(find(400, json({ message: 'Requests were sent too fast' })), 'too-fast')
  t.equal(
    find(400, json({ message: 'The maximum number of daily API requests was exceeded' })),
    'day-exceeded',
  )
  t.equal(find(400, 'Requests were sent too fast'), 'too-fast', 'plain text')
})

t.test('an ordinary 400 is none, whatever it quotes', async (t) => {
  const quoted: readonly string[] = [
    '12',
    'code 12',
    'The number 12 is not valid',
    'invoice number: 11',
    'error code 12',
    '"code":12',
    '{"error":{"code":12}}',
    '<code>12</code>',
    '<error><number>11</number></error>',
    'Bug: API says too many requests',
    'Requests were sent too fast',
    'The maximum number of daily API requests was exceeded',
  ]
  for (const code of [13, 15, 16, 17, 18]) {
    for (const value of quoted) {
      const text = value.replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
      const bodies: readonly string[] = [
        json({ code, message: 'Validation error', verbose: { value } }),
        json({ code: String(code), message: value }),
        json({ message: value, verbose: { value }, code }),
        json({ number: code, message: 'Validation error', verbose: { value } }),
        json({ message: `Validation error (error code ${code})`, verbose: { value } }),
        `<intervals><code>400</code><error><code>${code}</code><message>m</message><verbose><value>${text}</value></verbose></error></intervals>`,
        `<intervals><code>400</code><error><message>${text}</message><number>${code}</number></error></intervals>`,
      ]
      for (const body of bodies) t.equal(find(400, body), undefined, body)
    }
  }
})

t.test('other members called code or number say nothing', async (t) => {
  const bodies: readonly string[] = [
    json({ code: 18, message: 'm', verbose: { number: 12, code: '11' } }),
    JSON.stringify({ code: 400, task: { number: 12 }, error: { code: 18, message: 'm' } }),
    JSON.stringify({ invoice: { number: '12' }, error: { code: 17 } }),
    '<intervals><invoice><number>12</number></invoice><error><code>18</code></error></intervals>',
  ]
  for (const body of bodies) t.equal(find(400, body), undefined, body)
})

t.test('codes with more digits, and codes of other things', async (t) => {
  for (const code of [1, 2, 3, 4, 5, 6, 110, 112, 120, 1112, 400, 0, -12, 12.5]) {
    t.equal(find(400, json({ code, message: 'm' })), undefined, `${code}`)
  }
})

t.test('statuses that speak for themselves, and those that need the code', async (t) => {
  const cases: readonly [number, string, string | undefined][] = [
    [429, '', 'too-fast'],
    [429, '<html>slow down</html>', 'too-fast'],
    [402, '', 'unpaid'],
    [402, json({ code: 6, message: 'm' }), 'unpaid'],
    [418, '', 'banned'],
    [418, json({ code: 5, message: 'm' }), 'banned'],
    [503, json({ code: 4, message: 'The customer account is suspended' }), 'suspended'],
    [503, json({ message: 'The customer account is suspended' }), 'suspended'],
    [503, '<intervals><error><code>4</code></error></intervals>', 'suspended'],
    [503, '', undefined],
    [503, '<html><h1>503 Service Unavailable</h1>nginx/1.4</html>', undefined],
    [503, json({ code: 20, message: 'The service is offline' }), undefined],
    [503, json({ code: 12, message: 'm' }), 'too-fast'],
    [400, '', undefined],
    [400, json({ code: 4, message: 'm' }), undefined],
    [200, json({ code: 12, message: 'm' }), 'too-fast'],
    [200, json({ code: 5, message: 'm' }), undefined],
    [200, '{"client":[{"title":"code 12: requests were sent too fast"}]}', undefined],
    [200, 'code 12', undefined],
    [401, json({ code: 12, message: 'm' }), undefined],
    [404, json({ code: 11, message: 'm' }), undefined],
    [500, json({ code: 12, message: 'm' }), undefined],
  ]
  for (const [status, body, expected] of cases) {
    t.equal(find(status, body), expected, `${status} ${body}`)
  }
  for (const status of [201, 204, 304, 401, 403, 404, 500, 502])
    t.notOk(SUSPECT_STATUSES.has(status))
})

t.test('scope: pace is everybody’s, the rest is the account’s', async (t) => {
  const scope = (status: number, body: string) =>
    findRefusal({ status, body, retryAfterMs: 7, account: 'a' })
  t.match(scope(429, ''), { scope: 'window', retryAfterMs: 7 })
  t.match(scope(400, json({ code: 11 })), { scope: 'account:a' })
  t.match(scope(503, json({ code: 4 })), { scope: 'account:a' })
})

t.test('the error of another intervals-proxy, in JSON and XML', async (t) => {
  const error = new ProblemError('QUEUE_FULL')
  for (const accept of ['application/json', 'application/xml', '*/*', undefined]) {
    t.ok(isFromGateway(renderProblem(error, accept).body), String(accept))
  }
  for (const body of [
    '',
    'intervals-proxy',
    json({ code: 12, source: 'intervals-proxy' }),
    json({ code: 12, message: '"source":"intervals-proxy"' }),
    '{"source":"intervals-proxy"',
    '{"source":"intervals-proxy-2"}',
    '[{"source":"intervals-proxy"}]',
    'null',
    '<intervals><error><source>intervals-proxy</source></error></intervals>',
    '<intervals><source>other</source></intervals>',
  ]) {
    t.notOk(isFromGateway(body), body)
  }
})
