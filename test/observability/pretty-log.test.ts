/** The log on a terminal: a line for each request that a person can read, and one for all else. */
import { prettyFactory } from 'pino-pretty'
import t from 'tap'
import { errorFields } from '../../src/observability/error-fields.js'
import { PRETTY } from '../../src/observability/pretty-log.js'
import { buildTestProxy } from '../server/build.js'
import { until } from '../server/client.js'

const plain = prettyFactory({ ...PRETTY, ignore: 'pid,hostname', colorize: false })
const painted = prettyFactory({ ...PRETTY, colorize: true })
const REQUEST = {
  level: 30,
  time: 0,
  msg: 'request',
  method: 'GET',
  path: '/',
  ms: 1,
  outcome: 'hit',
}
const withoutTime = (text: string): string => text.replace(/^\[[\d:]{8}\] /u, '')

t.test('a request is one line that says what it got, what it cost, and who asked', async (t) => {
  const proxy = await buildTestProxy(t)
  const named = { headers: { 'intervals-proxy-consumer': 'report' } }
  await proxy.ask('/client/?limit=5', named)
  await proxy.ask('/client/?limit=5', named)
  await proxy.ask('/timer/', named)
  await proxy.ask('/client//1')
  await until(() => requestsIn(proxy.lines).length >= 4, 'four lines')
  const [miss = '', hit = '', timer = '', refused = ''] = requestsIn(proxy.lines).map((line) =>
    withoutTime(plain(line) ?? ''),
  )
  t.match(
    miss,
    /^INFO: 200 +[\d.]+ m?s {2}GET \/client {2}miss, stored for (10 min|9 min 59 s); (waited .* as interactive, )?Intervals answered in [\d.]+ m?s; report\n$/,
  )
  t.match(
    hit,
    /^INFO: 200 +[\d.]+ ms {2}GET \/client {2}hit, fresh for (10 min|9 min 59 s); report\n$/,
  )
  t.match(timer, /GET \/timer {2}not cached \(never-cached-resource\); .*Intervals answered/)
  t.match(
    refused,
    /^INFO: 400 +[\d.]+ ms {2}GET \/client\/\/1 {2}refused \(bad-target\); from 127\.0\.0\.1\n$/,
  )
})

t.test('the queue, another answer than that of Intervals, and a cut are said', async (t) => {
  const line = {
    ...REQUEST,
    path: '/task',
    status: 200,
    ms: 1_400,
    outcome: 'served-on-error',
    consumer: 'report',
    account: 'acme',
    permit: 7,
    priority: 'background',
    queuedMs: 1_212,
    upstreamMs: 38,
    upstreamStatus: 502,
    isCut: true,
  }
  t.match(
    plain(line),
    '200   1.4 s  GET /task  stored answer, since Intervals failed, the connection was cut; waited 1.2 s as background, Intervals answered with 502 in 38 ms; report of acme',
  )
  t.match(plain({ ...line, status: null, outcome: 'abandoned', permit: undefined }), '---   1.4 s')
})

t.test('anything else is its message, its fields, and its error below', async (t) => {
  const common = { level: 50, time: 0 }
  t.equal(
    withoutTime(plain({ ...common, msg: 'paused', scope: 'window', detail: 'too fast' }) ?? ''),
    'ERROR: paused scope=window detail="too fast"\n',
  )
  const err = errorFields(new TypeError('broken'))
  const lines = plain({ ...common, msg: 'it failed', err })?.split('\n')
  t.match(lines?.[0], /ERROR: it failed$/)
  t.match(lines?.[1], /^ {4}TypeError: broken$/)
  t.match(lines?.[2], /^ {4}at /)
  t.equal(
    withoutTime(plain({ ...common, level: 40, msg: 'no answer', err }) ?? ''),
    'WARN: no answer (TypeError: broken)\n',
    'a warning has no stack',
  )
  t.equal(withoutTime(plain({ ...common, level: 40, msg: 'broken', err }) ?? ''), 'WARN: broken\n')
  const caused = errorFields(new Error('no answer', { cause: new Error('refused') }))
  t.equal(
    withoutTime(plain({ ...common, level: 40, msg: 'it failed', err: caused }) ?? ''),
    'WARN: it failed (Error: no answer, caused by Error: refused)\n',
  )
  t.match(plain({ ...common, msg: 'it failed', err: caused }), /\n {4}caused by Error: refused\n$/)
})

t.test('what a terminal obeys is not obeyed', async (t) => {
  const path = '/client/\u009b2J\u001b[31m\u202ex'
  const line = { ...REQUEST, path, status: 400 }
  const other = { level: 30, time: 0, msg: 'told', detail: path }
  for (const text of [plain({ ...line, outcome: 'refused', peer: '::1' }), plain(other)]) {
    t.notMatch(text, /(?!\n)\p{C}/u)
    t.match(text, '/client/\ufffd2J')
  }
})

t.test('colours tell good from bad', async (t) => {
  t.match(painted({ ...REQUEST, status: 200 }), '\u001b[32m200\u001b[39m')
  t.match(painted({ ...REQUEST, status: 404 }), '\u001b[33m404\u001b[39m')
  t.match(painted({ ...REQUEST, status: 503 }), '\u001b[31m503\u001b[39m')
})

const requestsIn = (lines: readonly Record<string, unknown>[]) =>
  lines.filter(({ msg }) => msg === 'request')
