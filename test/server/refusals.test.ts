/** A refused request says why: the cause, the numbers, and the setting or the header that decides. */

import t from 'tap'
import { buildTestProxy } from './build.js'
import { problemOf, sendRaw } from './client.js'

t.test('a pause by an operator names the operator, the reason and the time', async (t) => {
  const { ask, pause, sim } = await buildTestProxy(t)
  await pause({ detail: 'maintenance' })
  const answer = await ask('/client/')
  t.match(answer, { status: 503, headers: { 'retry-after': '60' } })
  t.match(problemOf(answer).error, {
    reason: 'PAUSED',
    code: 20,
    message:
      /^An operator paused this proxy \(maintenance; since \d{4}-\d\d-\d\d \d\d:\d\d UTC\)\. Cached answers are still served\.$/,
  })
  t.equal(sim.arrivals.length, 0)
})

t.test('a pause by Intervals has its code, its message, and a Retry-After to match', async (t) => {
  for (const [status, code, words, isEndKnown] of [
    [400, 12, /requests come too fast \(code 12: ".+"\)/, true],
    [400, 11, /the calls of this day are used up \(code 11: ".+"\)/, true],
    [503, 4, /has suspended this account \(code 4: ".+"\)/, false],
    [418, 5, /has banned this account \(code 5: ".+"\)/, false],
    [402, 6, /not paid for \(code 6: ".+"\)/, false],
  ] as const) {
    const { ask, sim } = await buildTestProxy(t)
    sim.setFaults([{ kind: 'status', status, apiCode: code }])
    for (const path of ['/client/', '/project/']) {
      const answer = await ask(path, { headers: { prefer: 'wait=1' } })
      t.equal(answer.status, 503, `${code}`)
      t.match(problemOf(answer).error, { reason: 'PAUSED', code, message: words })
      const after = answer.headers['retry-after']
      if (isEndKnown) t.match(problemOf(answer).error.message, `Retry in ${after} s.`)
      else t.equal(after, '60', 'the end is unknown, and another try costs no call')
    }
    t.equal(sim.arrivals.length, 1)
  }
})

t.test('a wait that is too long has numbers, and names what the client sent only', async (t) => {
  const { ask } = await buildTestProxy(t, {
    settings: { limits: { minute: { max: 1, window: '60s' }, queue: { maxWait: '20s' } } },
  })
  await ask('/client/')
  for (const [headers, limit] of [
    [{}, '20 s \\(limits\\.queue\\.maxWait\\)'],
    [{ prefer: 'wait=3' }, '3 s \\(Prefer: wait\\)'],
    [{ prefer: 'wait=90' }, '20 s \\(limits\\.queue\\.maxWait\\)'],
  ] as const) {
    const answer = await ask('/project/', { headers })
    t.equal(answer.status, 429)
    const after = answer.headers['retry-after']
    const { error } = problemOf(answer)
    t.equal(error.reason, 'WAIT_TOO_LONG')
    const words = `^The next free slot for this request is ${after} s away, but it may wait only ${limit}\\. Retry in ${after} s\\.$`
    t.match(error.message, new RegExp(words, 'u'))
  }
})

t.test('a spent day says how much of what', async (t) => {
  const { ask } = await buildTestProxy(t, { settings: { limits: { day: { max: 1 } } } })
  await ask('/client/')
  const answer = await ask('/project/')
  t.equal(answer.status, 429)
  t.match(problemOf(answer).error, {
    reason: 'DAY_SPENT',
    code: 11,
    message: '1 of 1 calls of the day are used. The next day begins at midnight UTC.',
  })
})

t.test('JSON and XML have the same fields', async (t) => {
  const { ask } = await buildTestProxy(t)
  const get = (accept: string) =>
    ask('/client/', { headers: { accept, 'cache-control': 'only-if-cached' } })
  const json = JSON.parse((await get('application/json')).text) as object
  const elements = (fields: object): string =>
    Object.entries(fields)
      .map(([name, value]: [string, unknown]) =>
        value === null
          ? `<${name}/>`
          : `<${name}>${typeof value === 'object' ? elements(value) : (value as string)}</${name}>`,
      )
      .join('')
  t.equal(
    (await get('application/xml')).text,
    `<?xml version="1.0" encoding="UTF-8"?>\n<intervals>${elements(json)}</intervals>\n`,
  )
  t.match(json, { code: 504, error: { code: 20, verbose: { value: /only-if-cached/ } } })
})

const AUTHORIZATION = 'authorization: Basic YWdlbmN5YWRtMDE6WA=='
const EARLY: readonly (readonly [name: string, head: string, status: number, words: RegExp])[] = [
  [
    'UTF-8 in the query',
    'GET /client/?search=M\u00C3\u00BCller HTTP/1.1\r\nhost: a',
    400,
    /percent-encode/,
  ],
  ['a space in the target', 'GET /client/ x HTTP/1.1\r\nhost: a', 400, /not valid HTTP \(.+\)/],
  [
    'a header without a colon',
    'GET /client/ HTTP/1.1\r\nhost: a\r\nword',
    400,
    /not valid HTTP \(.+\)/,
  ],
  ['no Host', 'GET /client/ HTTP/1.1', 400, /Host/],
  ['a strange Expect', 'GET /client/ HTTP/1.1\r\nhost: a\r\nexpect: 200-ok', 417, /100-continue/],
  ['long headers', `GET /client/ HTTP/1.1\r\nhost: a\r\nx: ${'x'.repeat(70_000)}`, 431, /too long/],
]

t.test('requests that are refused early get the same shape, a reason and a log line', async (t) => {
  for (const [name, head, status, words] of EARLY) {
    const { port, lines, sim } = await buildTestProxy(t)
    const close = 'connection: close\r\naccept: application/json'
    const raw = await sendRaw(
      port,
      Buffer.from(`${head}\r\n${AUTHORIZATION}\r\n${close}\r\n\r\n`, 'latin1'),
    )
    t.match(raw, new RegExp(`^HTTP/1\\.1 ${status} `, 'u'), name)
    const body = JSON.parse(raw.slice(raw.indexOf('\r\n\r\n'))) as ReturnType<typeof problemOf>
    t.match(body, { code: status, source: 'intervals-proxy', error: { message: words } }, name)
    t.equal(sim.arrivals.length, 0)
    t.equal(lines.filter((line) => line['status'] === status).length, 1, `${name}: one line`)
  }
})
