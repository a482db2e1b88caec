// A proxy at log level trace meets every kind of credential in every kind of trouble. Afterwards no
// secret is in any line, answer, page, metric, file or command line, in no form that gives it away.

import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { startSimulator, type Fault, type SimulatedAccount } from '../../../src/simulator/index.js'
import { ask, basic, sendRaw, type Answer, type Ask } from '../client.js'
import { startCommand } from '../../cli/spawn.js'
import { startStandIn } from '../../cli/stand-in.js'
import { filesBelow, formsOf, leaksIn, leaksInFiles, type Leak } from './leaks.js'

const GOOD = ['canarygood1', 'canarygood2']
const ADMIN = 'canary-admin-token-3'
const PASSWORD = 'canarypass4'
const BAD = 'canarybad05'
/** As they stand in the header; what is secret in them. */
const MALFORMED: readonly (readonly [header: string, secret: string])[] = [
  ['Bearer canarybearer6', 'canarybearer6'],
  ['canarynaked7', 'canarynaked7'],
  ['Basic %%canarypercent8', 'canarypercent8'],
  [`Basic ${Buffer.from('canarycolonless9').toString('base64')}`, 'canarycolonless9'],
  ['Digest username="canarydigest10"', 'canarydigest10'],
  ['Basic  canary11 canary11b', 'canary11b'],
  [`Bearer ${'canarylong12'.repeat(400)}`, 'canarylong12'],
  ['Basic canarylatin13\u00ff\u00e4', 'canarylatin13'],
]
const WRONG_ADMIN = 'canarywrongadmin14'
const SECRETS = [
  ...GOOD,
  ADMIN,
  PASSWORD,
  BAD,
  WRONG_ADMIN,
  ...MALFORMED.map(([, secret]) => secret),
  'canarycookie15',
  'canaryproxyauth16',
  ...GOOD.flatMap((token) => [`${token}:X`, basic(token)]),
]

const account: SimulatedAccount = {
  name: 'agency',
  size: 'studio',
  people: GOOD.map((token) => ({ firstname: 'A', lastname: 'B', role: 'A', tokens: [token] })),
}

const FAULTS: readonly Fault[] = [
  { kind: 'reset' },
  { kind: 'reset-mid-body' },
  { kind: 'truncated' },
  { kind: 'garbage' },
  { kind: 'hang' },
  { kind: 'hang-mid-body' },
  { kind: 'wrong-content-type' },
  { kind: 'execute-then-reset' },
  { kind: 'slow-body', delayMs: 5 },
  { kind: 'status', status: 500 },
  { kind: 'status', status: 503, headers: { 'retry-after': '1' } },
  { kind: 'status', status: 400, apiCode: 17 },
]

t.test('the search finds every form', async (t) => {
  for (const secret of SECRETS) {
    for (const [form, bytes] of formsOf(secret)) {
      const around = Buffer.concat([Buffer.from('{"a":'), bytes, Buffer.from('}')])
      t.ok(
        leaksIn('', around, [secret]).some((leak) => leak.form === form),
        `${secret}: ${form}`,
      )
    }
    for (const before of ['', 'a', 'ab', 'abc']) {
      const header = Buffer.from(`${before}${secret}:and more`, 'latin1').toString('base64')
      t.ok(leaksIn('', header, [secret]).length > 0, `${secret} after "${before}" in base64`)
    }
  }
  t.strictSame(leaksIn('', 'nothing of that kind', SECRETS), [])
})

t.test('no secret gets out of the process', { timeout: 110_000 }, async (t) => {
  const sim = await startSimulator({ accounts: [account], minuteMax: 100_000 })
  t.teardown(() => sim.close())
  const base = t.testdir({ tmp: {} })
  const dataDir = join(base, 'data')
  const env = {
    INTERVALS_PROXY_ADMIN_TOKEN: ADMIN,
    INTERVALS_PROXY_LOG_LEVEL: 'trace',
    INTERVALS_PROXY_UPSTREAM_TIMEOUT: '300ms',
    INTERVALS_PROXY_MINUTE_MAX: '10000',
    TMPDIR: join(base, 'tmp'),
  }
  const args = ['--port=0', `--upstream=${sim.url}`, `--data-dir=${dataDir}`]
  const { child, ended } = startCommand(['serve', ...args], { env })
  t.teardown(() => child.kill('SIGKILL'))
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout.on('data', (text: string) => {
      const found = /listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(text)?.[1]
      if (found !== undefined) resolve(Number(found))
    })
    void ended.then(({ err }) => reject(new Error(err)))
  })

  const answers: { name: string; answer: Answer }[] = []
  const get = async (
    name: string,
    path: string,
    request: Ask = {},
  ): Promise<Answer | undefined> => {
    // A body that broke off is no answer, and no place for a secret either.
    const answer = await ask(port, path, request).catch(() => undefined)
    if (answer !== undefined) answers.push({ name: `${name} ${path}`, answer })
    return answer
  }
  const [one = '', other = ''] = GOOD
  const withPassword = { headers: { authorization: basic(one, PASSWORD) }, token: null }

  t.equal((await get('miss', '/client/', { token: one }))?.status, 200)
  t.equal((await get('hit', '/client/', { token: one }))?.status, 200)
  t.equal((await get('another', '/client/', { token: other }))?.status, 200)
  t.equal((await get('password', '/project/', withPassword))?.status, 200)
  await get('write', '/client/1/', { token: one, method: 'PUT', body: '{"name":"x"}' })
  for (let time = 0; time < 3; time++) {
    t.equal((await get('refused', '/client/', { token: BAD }))?.status, 401)
  }
  for (const [authorization] of MALFORMED) {
    const headers = { authorization: Buffer.from(authorization, 'latin1').toString('latin1') }
    await get('malformed', '/task/', { token: null, headers })
    await get('malformed', '/-/status', { token: null, headers })
  }
  const others = { cookie: 'a=canarycookie15', 'proxy-authorization': 'Basic canaryproxyauth16' }
  await get('other headers', '/client/2/', { token: one, headers: others })
  let paths = 0
  for (const fault of FAULTS) {
    sim.setFaults([{ ...fault, match: { pathPrefix: '/task' } }])
    await get(fault.kind, `/task/?offset=${paths++}`, { token: one })
    await get(fault.kind, '/task/1/', { token: other, method: 'PUT', body: '{}' })
  }
  sim.setFaults([])
  const token = (secret: string): string => `authorization: ${basic(secret)}\r\n`
  for (const raw of [
    `GET / HTTP/1.1\r\n${token(one)}no colon in this one\r\n\r\n`,
    `GET / HTTP/1.1\r\nhost: a\r\n${token(one)}content-length: 1\r\ncontent-length: 2\r\n\r\n`,
    `GET //a HTTP/1.1\r\nhost: a\r\nconnection: close\r\n${token(one)}\r\n`,
    `GET / HTTP/1.1\r\nhost: a\r\n${token(one)}x: ${'y'.repeat(70_000)}\r\n\r\n`,
    `GET / HTTP/9.9\r\nhost: a\r\n${token(one)}\r\n`,
  ]) {
    const text = await sendRaw(port, raw)
    t.match(text, /^HTTP\/1\.1 4\d\d/)
    t.strictSame(leaksIn('answer to raw bytes', text, SECRETS), [])
  }

  const admin = { authorization: `Bearer ${ADMIN}` }
  const explained = { ...admin, 'x-explain-authorization': basic(one) }
  const wrong = { authorization: `Bearer ${WRONG_ADMIN}` }
  for (const path of ['/-/status', '/-/metrics', '/-/livez', '/-/readyz', '/-/nothing']) {
    await get('page', path, { token: null, headers: admin })
    await get('page, wrong token', path, { token: null, headers: wrong })
  }
  const found = await get('explain', '/-/explain?path=/client/', {
    token: null,
    headers: explained,
  })
  t.match(found?.text, /"answer":"(?:hit|fetched)"/)
  await get('purge', '/-/purge', {
    token: null,
    method: 'POST',
    body: '{"canary":1}',
    headers: { ...admin, 'content-type': 'application/json' },
  })

  const leaks: Leak[] = answers.flatMap(({ name, answer }) => {
    const fromUpstream = answer.headers['cache-status']?.includes('fwd-status') === true
    if (fromUpstream) t.equal(answer.text.includes('canary'), false, `${name} echoes nothing`)
    return leaksIn(name, `${answer.rawHeaders.join('\n')}\n\n${answer.text}`, SECRETS)
  })
  t.strictSame(leaks, [])
  t.strictSame(leaksInFiles(base, SECRETS), [], 'while it runs')
  if (process.platform === 'linux') {
    const proc = (name: string): string => readFileSync(`/proc/${child.pid}/${name}`, 'latin1')
    t.strictSame(leaksIn('the command line', proc('cmdline') + proc('comm'), SECRETS), [])
  }

  child.kill('SIGTERM')
  const { code, out, err } = await ended
  t.match({ code, err }, { code: 0, err: '' })
  const lines = out.trim().split('\n')
  t.strictSame(leaksIn('the log', out, SECRETS), [])
  t.match(out, '"level":40')
  t.match(out, /requests of this day are used/, 'the quota was asked for')
  const files = filesBelow(base)
  t.strictSame(leaksInFiles(base, SECRETS), [], 'after it ended')
  for (const file of files) t.equal(statSync(file).mode & 0o777, 0o600, `${file} is for one user`)
  t.equal(statSync(dataDir).mode & 0o777, 0o700)
  const forms = SECRETS.reduce((sum, secret) => sum + formsOf(secret).length, 0)
  t.ok(files.length >= 7, files.join(' '))
  t.comment(
    `${SECRETS.length} secrets in ${forms} forms: none in ${answers.length} answers, ${lines.length} lines of the log, ${files.length} files`,
  )
})

t.test('a token on the command line is not shown to others', async (t) => {
  if (process.platform !== 'linux') return t.comment('the title can be read on Linux only')
  let shown = ''
  const { url } = await startStandIn(t, () => {
    shown = readFileSync(`/proc/${child.pid}/cmdline`, 'latin1').replaceAll('\0', ' ')
    return { body: {} }
  })
  const { child, ended } = startCommand(['status', '--url', url, '--admin-token', ADMIN])
  t.match(await ended, { code: 0 })
  t.match(shown, 'intervals-proxy')
  t.strictSame(leaksIn('the command line', shown, [ADMIN]), [])
})
